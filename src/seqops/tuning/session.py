"""State of one process of a study: TensorFlow imported once, data mapped once, for many fits."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import optuna

from seqops.core.callbacks import GOAL, MIXTURE, EpochResult, FitCallback
from seqops.core.errors import ConfigError
from seqops.core.files import sha256_of_json
from seqops.core.interfaces import Meta, Task
from seqops.core.predictors import ClassicalModel
from seqops.core.project import Project
from seqops.core.ragged import Split
from seqops.core.score import Score, named
from seqops.core.settings import TuningSettings
from seqops.params import Params
from seqops.tracking.fingerprint import Fingerprint
from seqops.tuning.holdout import Holdout, hold_out
from seqops.tuning.samplers import pruner_of, sampler_of
from seqops.tuning.search_space import Space, space_of
from seqops.tuning.study import RejectedTrial, open_study
from seqops.tuning.study_runs import StudyRuns, study_runs

if TYPE_CHECKING:
    import pandas as pd

TRIAL, REPEAT = "trial", "repeat"
"""Kinds of fits: one that a sampler chose, and one of a finalist with another seed."""
After = Callable[[EpochResult], None]


@dataclass(frozen=True)
class Session:
    """A study, and what its fits need.

    splits: without the held-out validation rows, which no fit sees.
    """

    project: Project
    params: Params
    task: Task
    space: Space
    tuning: TuningSettings
    splits: dict[str, Split]
    holdout: Holdout
    meta: Meta
    url: str
    study: optuna.Study
    runs: StudyRuns

    @classmethod
    def open(cls, project: Project, name: str, url: str) -> Session:
        """Open or create the study of a task's current data, search space, code and settings."""
        params = Params.load(project.params)
        task, space, tuning = params.task(name), space_of(params, name), params.tuning
        splits, meta = project.task_paths(name).encoded()
        holdout = hold_out(splits["validation"], task.metrics(), meta, tuning.holdout, tuning.seed)
        fitted = {"train": splits["train"], "validation": holdout.selection}
        fingerprint = Fingerprint.compute(project, task)
        study_name = f"{name}-{study_fingerprint(task, space, tuning, fingerprint)}"
        study = open_study(
            url,
            study_name,
            task.metrics().goal,
            sampler_of(tuning.sampler, tuning.startup_trials, tuning.seed),
            pruner_of(tuning.pruner, task.fit_config.total_epochs()),
        )
        settings = {**{f"search.{key}": d for key, d in task.section["search"].items()}, **vars(tuning)}
        runs = study_runs(project, task, study_name, fingerprint, settings)
        return cls(project, params, task, space, tuning, fitted, holdout, meta, url, study, runs)

    @property
    def sign(self) -> float:
        """1 if a higher score is better, else -1."""
        return 1.0 if self.task.metrics().goal.higher_is_better else -1.0

    @property
    def current_values(self) -> dict[str, Any]:
        """The values of the searched keys in params.yaml."""
        values = self.task.values()
        return {key: values[key] for key in self.space}

    def with_values(self, values: Mapping[str, Any]) -> Task:
        """Return the task configured with other values."""
        return self.params.with_values({f"tasks.{self.task.name}.{k}": v for k, v in values.items()}).task(
            self.task.name
        )

    def is_seedless(self, values: Mapping[str, Any]) -> bool:
        """Return whether the model with these values is classical, so that its fit depends on no seed."""
        return isinstance(self.with_values(values).network(), ClassicalModel)

    def trained_values(self, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the values a trial was fitted with."""
        return {key: self.space[key].to_value(value) for key, value in trial.params.items()}

    def fit(self, task: Task, kind: str, number: int, name: str, after: After = lambda row: None) -> Fit:
        """Fit once, in a nested run.

        after: called after each epoch. Raises RejectedTrial if the task cannot be trained with its values.
        """
        import keras

        from seqops.training.fit_model import fit_model
        from seqops.training.loop import NonFiniteLossError

        run, started = self.runs.fit(name, task, kind, number), time.monotonic()
        recorder = ScoreRecorder(run, after)
        state, why, held_out = "died", "", None
        higher = task.metrics().goal.higher_is_better
        try:
            fitted = fit_model(
                task.network(), task.metrics(), self.splits, self.meta, task.fit_config, callback=recorder
            )
            best = recorder.best(higher)
            if not math.isfinite(best):
                raise RejectedTrial(f"the validation score is {best}")
            held_out = self._held_out(task, fitted.model) if kind == REPEAT else None
            state = "complete"
            return Fit(best, held_out)
        except optuna.TrialPruned:
            state = "pruned"
            raise
        except (NonFiniteLossError, ConfigError, RejectedTrial) as refused:
            state, why = "failed", str(refused)
            raise RejectedTrial(why) from None
        finally:
            metrics = {"seconds": time.monotonic() - started, "epochs": float(len(recorder.scores))}
            if recorder.scores:
                metrics["validation/best"] = recorder.best(higher)
            if held_out is not None:
                metrics["validation/held_out"] = held_out.score
            self.runs.end(run, state, why, metrics)
            keras.backend.clear_session()
            gc.collect()

    def _held_out(self, task: Task, model: Any) -> HeldOut | None:
        """Predict the held-out rows, if there are any, as early stopping predicts its own."""
        rows = self.holdout.held_out
        if rows is None:
            return None
        predicted = task.network().validate(model, rows, self.meta)
        score = self.held_out_score(predicted).point()
        if not math.isfinite(score):
            raise RejectedTrial(f"the score on the held-out rows is {score}")
        return HeldOut(predicted, score)

    def held_out_score(self, predicted: pd.DataFrame) -> Score:
        """Score predictions of the held-out rows by the goal. Raises ValueError if none are held out."""
        if self.holdout.held_out is None:
            raise ValueError("no rows are held out")
        metrics = self.task.metrics()
        scores = metrics.score(predicted, self.holdout.held_out, self.meta)
        return named(scores, metrics.goal.metric)


@dataclass(frozen=True)
class HeldOut:
    """Predictions of the held-out rows, and their score."""

    predicted: pd.DataFrame
    score: float


@dataclass(frozen=True)
class Fit:
    """The result of a fit: its best score on the selection rows; held_out: of a repeat, if any."""

    best: float
    held_out: HeldOut | None


@dataclass(frozen=True)
class ScoreRecorder:
    """A callback that records validation scores and calls another callback."""

    then: FitCallback
    after: After
    scores: list[float] = field(default_factory=list)

    def best(self, higher_is_better: bool) -> float:
        """Return the best score so far."""
        known = [score for score in self.scores if not math.isnan(score)]
        return (max if higher_is_better else min)(known, default=math.nan)

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Call the other callback."""
        self.then.on_batch_end(epoch, batch, batches, tokens, loss)

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Record the score of an epoch, then call the other callback and `after`."""
        if row.objective in (GOAL, MIXTURE) and row.trained:
            self.scores.append(row.validation)
        self.then.on_epoch_end(row, seconds, tokens)
        self.after(row)


def study_fingerprint(task: Task, space: Space, tuning: TuningSettings, fingerprint: Fingerprint) -> str:
    """Hash what the trials of a study have in common; the searched values are left out."""
    fixed = {key: value for key, value in task.values().items() if key not in space and key != "source"}
    settings = {
        key: getattr(tuning, key) for key in ("sampler", "startup_trials", "pruner", "seed", "holdout")
    }
    search = task.section["search"]
    content = [fingerprint.data, fingerprint.code, fingerprint.lock, fixed, search, settings]
    return sha256_of_json(content)[:12]


def storage_url(project: Project, chosen: str | None) -> str:
    """Return the chosen storage, or the URL of the database in the project's `.state`."""
    return chosen or f"sqlite:///{project.state / 'tune' / 'studies.db'}"


def format_values(values: Mapping[str, Any]) -> str:
    """Format values on one line: `units 128, decay.kind cosine`."""
    return ", ".join(f"{key.partition('.')[2]} {value}" for key, value in values.items())
