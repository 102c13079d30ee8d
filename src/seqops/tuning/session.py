"""One process at work on a study: TensorFlow imported once, the data mapped once, many fits."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna

from seqops.core.callbacks import GOAL, Epoch, Watcher
from seqops.core.errors import BadParams
from seqops.core.files import sha256_of_json
from seqops.core.interfaces import Meta, Task
from seqops.core.project import Store
from seqops.core.ragged import Split
from seqops.core.settings import Tuning
from seqops.params import Params
from seqops.tracking.fingerprint import Identity
from seqops.tuning.samplers import pruner_of, sampler_of
from seqops.tuning.search_space import Space, space_of
from seqops.tuning.study import Refused, open_study
from seqops.tuning.study_runs import StudyRuns, study_runs

After = Callable[[Epoch], None]


@dataclass(frozen=True)
class Session:
    """All that a fit of a study needs, and the study itself."""

    store: Store
    params: Params
    task: Task
    space: Space
    tuning: Tuning
    splits: dict[str, Split]
    meta: Meta
    url: str
    study: optuna.Study
    runs: StudyRuns

    @classmethod
    def open(cls, store: Store, name: str, url: str) -> Session:
        """Open, or make, the study of a task's present data, space, code and settings."""
        params = Params.load(store.params)
        task, space, tuning = params.task(name), space_of(params, name), params.tuning
        splits, meta = store.folder(name).encoded()
        identity = Identity.of(store, task)
        study_name = f"{name}-{fingerprint(task, space, tuning, identity)}"
        study = open_study(
            url,
            study_name,
            task.metrics().goal,
            sampler_of(tuning.sampler, tuning.startup, tuning.seed),
            pruner_of(tuning.pruner, task.recipe.total_epochs()),
        )
        settings = {**{f"search.{key}": d for key, d in task.section["search"].items()}, **vars(tuning)}
        runs = study_runs(store, task, study_name, identity, settings)
        return cls(store, params, task, space, tuning, splits, meta, url, study, runs)

    @property
    def sign(self) -> float:
        """1 where a higher score is better, or -1."""
        return 1.0 if self.task.metrics().goal.higher_is_better else -1.0

    @property
    def present(self) -> dict[str, Any]:
        """The values that params.yaml holds for what is searched."""
        values = self.task.values()
        return {key: values[key] for key in self.space}

    def having(self, values: Mapping[str, Any]) -> Task:
        """Configure the task with other values."""
        return self.params.having({f"tasks.{self.task.name}.{k}": v for k, v in values.items()}).task(
            self.task.name
        )

    def settled(self, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the values a trial was fitted with."""
        return {key: self.space[key].settle(value) for key, value in trial.params.items()}

    def fit(self, task: Task, kind: str, number: int, name: str, after: After = lambda row: None) -> float:
        """Fit once, as a nested run, and return the best validation score.

        after: called after each epoch. Raises Refused where the values do not work.
        """
        import keras

        from seqops.training.loop import Diverged, train

        run, started = self.runs.fit(name, task, kind, number), time.monotonic()
        curve = Curve(run, after)
        state, why = "died", ""
        try:
            train(task.network(), task.metrics(), self.splits, self.meta, task.recipe, watcher=curve)
            best = curve.best(task.metrics().goal.higher_is_better)
            if not math.isfinite(best):
                raise Refused(f"the validation score is {best}")
            state = "complete"
            return best
        except optuna.TrialPruned:
            state = "pruned"
            raise
        except (Diverged, BadParams, Refused) as refused:
            state, why = "failed", str(refused)
            raise Refused(why) from None
        finally:
            metrics = {"seconds": time.monotonic() - started, "epochs": float(len(curve.scores))}
            if curve.scores:
                metrics["validation/best"] = curve.best(task.metrics().goal.higher_is_better)
            self.runs.end(run, state, why, metrics)
            keras.backend.clear_session()
            gc.collect()


@dataclass(frozen=True)
class Curve:
    """A watcher that keeps the validation scores it passes on."""

    then: Watcher
    after: After
    scores: list[float] = field(default_factory=list)

    def best(self, higher_is_better: bool) -> float:
        """Return the best score so far."""
        known = [score for score in self.scores if not math.isnan(score)]
        return (max if higher_is_better else min)(known, default=math.nan)

    def batch(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Pass it on."""
        self.then.batch(epoch, batch, batches, tokens, loss)

    def epoch(self, row: Epoch, seconds: float, tokens: int) -> None:
        """Keep the score, pass it on, and do what comes after."""
        if row.learns == GOAL:
            self.scores.append(row.validation)
        self.then.epoch(row, seconds, tokens)
        self.after(row)


def fingerprint(task: Task, space: Space, tuning: Tuning, identity: Identity) -> str:
    """Name a study by what its trials have in common; the searched values themselves do not count."""
    fixed = {key: value for key, value in task.values().items() if key not in space and key != "source"}
    settings = {key: getattr(tuning, key) for key in ("sampler", "startup", "pruner", "seed")}
    search = task.section["search"]
    content = [identity.data, identity.code, identity.lock, fixed, search, settings]
    return sha256_of_json(content)[:12]


def storage_url(store: Store, chosen: str | None) -> str:
    """Return the storage that was chosen, or the database in the project's state."""
    return chosen or f"sqlite:///{store.state / 'tune' / 'studies.db'}"


def words(values: Mapping[str, Any]) -> str:
    """Write values for a line: `units 128, decay.kind cosine`."""
    return ", ".join(f"{key.partition('.')[2]} {value}" for key, value in values.items())
