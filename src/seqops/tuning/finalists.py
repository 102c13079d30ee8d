"""The second half of tuning: the best trials are repeated with other seeds, and compared on held-out rows."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.trial import TrialState

from seqops.core.score import Score
from seqops.tuning import stored_predictions
from seqops.tuning.decision import Comparison, compare
from seqops.tuning.samplers import sampler_of
from seqops.tuning.session import REPEAT, Session, format_values
from seqops.tuning.storage import LABEL
from seqops.tuning.study import join_study, open_study, queue_trials, run_trials

VALUES = "values"


class UnqueuedTrial(Exception):
    """A repeat without a finalist: the queue was empty."""


@dataclass(frozen=True)
class Finalist:
    """Values that may win.

    first: the score of their trial; held_out: their score on the held-out rows with each seed, empty if no
    rows are held out; scores: the same as numbers, on the selection rows if none are held out; comparison:
    with the present values; seedless: whether the model depends on no seed, so that one fit is that of all.
    """

    label: str
    values: dict[str, Any]
    first: float | None
    scores: tuple[float, ...] = ()
    held_out: tuple[Score, ...] = ()
    comparison: Comparison | None = None
    seedless: bool = False

    @property
    def improvement(self) -> float:
        """Improvement over the present values; 0 if it is not significant."""
        return self.comparison.improvement if self.comparison and self.comparison.better else 0.0

    @property
    def mean(self) -> float | None:
        """Mean score over the seeds."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def spread(self) -> float | None:
        """Standard deviation of the scores over the seeds; None if there are fewer than two."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else None


def finalists(session: Session) -> list[Finalist]:
    """Return the current values, and the best trials with other values."""
    done = session.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ranked = sorted(done, key=lambda t: (-session.sign * float(t.value or 0.0), t.number))
    best: list[Finalist] = []
    for trial in ranked:
        values = session.trained_values(trial)
        if all(values != other.values for other in best):
            best.append(Finalist(f"trial {trial.number}", values, trial.value))
    others = [c for c in best[: session.tuning.finalists] if c.values != session.current_values]
    found = [Finalist("current values", session.current_values, None), *others]
    return [replace(one, seedless=session.is_seedless(one.values)) for one in found]


def repeats_of(session: Session) -> optuna.Study:
    """Open the study of the repeats."""
    name = f"{session.study.study_name}-again"
    goal, seed = session.task.metrics().goal, session.tuning.seed
    return open_study(session.url, name, goal, sampler_of("random", 0, seed))


def queue_repeats(session: Session, study: optuna.Study, chosen: Sequence[Finalist]) -> int:
    """Queue each finalist with each of its seeds, unless queued; return their number."""
    return queue_trials(
        study,
        [
            ({"seed": seed}, {VALUES: finalist.values, LABEL: f"{finalist.label}, seed {seed}"})
            for place in range(session.tuning.finalist_seeds)
            for finalist in chosen
            for seed in seeds_of(session, finalist)[place : place + 1]
        ],
        same=VALUES,
    )


def seeds_of(session: Session, finalist: Finalist) -> Sequence[int]:
    """Return the seeds that a finalist is fitted with: `tuning.finalist_seeds`, or one if it has none."""
    first = session.task.fit_config.seed + 1
    return range(first, first + (1 if finalist.seedless else session.tuning.finalist_seeds))


def repeat(session: Session, study: optuna.Study, total: int, poll: Callable[[], None]) -> None:
    """Fit the queued repeats, without pruning, until `total` are finished; poll: as in `run_trials`."""

    def fit(trial: optuna.Trial) -> float:
        seed = trial.suggest_int("seed", 0, 2**31)
        if VALUES not in trial.user_attrs:
            # a kill between two writes removed a trial from the queue, so this one was sampled instead
            raise UnqueuedTrial
        values = trial.user_attrs[VALUES]
        name = f"{trial.user_attrs[LABEL]}: {format_values(values)}"
        task = session.with_values({**values, "fit.seed": seed})
        fit = session.fit(task, REPEAT, trial.number, name, lambda row: poll())
        if fit.held_out is None:
            return fit.best
        stored_predictions.store(trial, fit.held_out.predicted)
        return fit.held_out.score

    # the process that queued the repeats queues the missing ones again
    with suppress(UnqueuedTrial), join_study(session.url, study):
        run_trials(study, fit, total, poll)


def scored(session: Session, study: optuna.Study, finalist: Finalist) -> Finalist:
    """Add the scores of its repeats to a finalist, in the order of the seeds."""
    seeds = seeds_of(session, finalist)
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    own = {t.params["seed"]: t for t in done if t.user_attrs.get(VALUES) == finalist.values}
    trials = [own[seed] for seed in seeds if seed in own]
    trials *= session.tuning.finalist_seeds // len(seeds)
    tables = [table for trial in trials if (table := stored_predictions.read(trial)) is not None]
    return replace(
        finalist,
        scores=tuple(float(trial.value or 0.0) for trial in trials),
        held_out=tuple(session.held_out_score(table) for table in tables),
    )


def compared(session: Session, tried: Sequence[Finalist]) -> list[Finalist]:
    """Compare each finalist with the present values, which are the first of them."""
    evaluation, seeds = session.params.evaluation, session.tuning.finalist_seeds
    current, *others = tried
    if session.holdout.held_out is None:
        untested = Comparison(None, reason="no rows are held out")
        return [current, *(replace(one, comparison=untested) for one in others)]
    seedless = {place for place, one in enumerate(others) if current.seedless and one.seedless}
    scores = [one.held_out for one in others]
    found = compare(current.held_out, scores, seeds, evaluation.resamples, evaluation.seed, seedless)
    return [current, *(replace(one, comparison=c) for one, c in zip(others, found, strict=True))]


def select_winner(tried: Sequence[Finalist]) -> Finalist:
    """Return the finalist that improves most on the present values, or these if none is better."""
    better = [one for one in tried if one.comparison and one.comparison.better]
    return max(better, key=lambda one: one.improvement, default=tried[0])
