"""The second half of tuning: the best trials are repeated with other seeds, and a winner is selected."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.trial import TrialState
from scipy import stats

from seqops.tuning.samplers import sampler_of
from seqops.tuning.session import Session, format_values
from seqops.tuning.storage import LABEL
from seqops.tuning.study import join_study, open_study, queue_trials, run_trials

VALUES = "values"
LEVEL = 0.05


class UnqueuedTrial(Exception):
    """A repeat without a finalist: the queue was empty."""


@dataclass(frozen=True)
class Finalist:
    """Values that may win; first: the score of their trial; scores: one for each seed."""

    label: str
    values: dict[str, Any]
    first: float | None
    scores: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """Mean score over the seeds."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def spread(self) -> float:
        """Standard deviation of the scores over the seeds."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else 0.0


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
    return [Finalist("current values", session.current_values, None), *others]


def repeats_of(session: Session) -> optuna.Study:
    """Open the study of the repeats."""
    name = f"{session.study.study_name}-again"
    goal, seed = session.task.metrics().goal, session.tuning.seed
    return open_study(session.url, name, goal, sampler_of("random", 0, seed))


def queue_repeats(session: Session, study: optuna.Study, chosen: Sequence[Finalist]) -> int:
    """Queue each finalist with each of `tuning.finalist_seeds` seeds, unless queued; return their number."""
    first = session.task.fit_config.seed + 1
    return queue_trials(
        study,
        [
            ({"seed": seed}, {VALUES: finalist.values, LABEL: f"{finalist.label}, seed {seed}"})
            for seed in range(first, first + session.tuning.finalist_seeds)
            for finalist in chosen
        ],
        same=VALUES,
    )


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
        return session.fit(task, "repeat", trial.number, name, lambda row: poll())

    # the process that queued the repeats queues the missing ones again
    with suppress(UnqueuedTrial), join_study(session.url, study):
        run_trials(study, fit, total, poll)


def scored(finalist: Finalist, study: optuna.Study) -> Finalist:
    """Add the scores of its repeats to a finalist, in the order of the seeds."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    own = {t.params["seed"]: t.value for t in done if t.user_attrs.get(VALUES) == finalist.values}
    return replace(finalist, scores=tuple(value for _, value in sorted(own.items()) if value is not None))


def select_winner(tried: list[Finalist], seeds: int, sign: float) -> Finalist:
    """Return the finalist with the best mean, of those with a score for every seed.

    tried: the current values first; they stay unless the best beats them in a one-sided t test at level
    0.05, divided by the number of others. sign: 1 if a higher score is better, else -1.
    """
    current, *others = tried
    best = max((c for c in others if len(c.scores) >= seeds), key=lambda c: sign * _mean(c), default=current)
    if len(current.scores) < seeds:
        return best
    error = math.hypot(current.spread, best.spread) / math.sqrt(seeds)
    quantile = stats.t.ppf(1 - LEVEL / max(len(others), 1), 2 * seeds - 2)
    return best if sign * (_mean(best) - _mean(current)) > quantile * error else current


def _mean(finalist: Finalist) -> float:
    return statistics.fmean(finalist.scores)
