"""The second half of tuning: the best trials again, with other seeds, so that luck is not promoted."""

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
    """A repeat that nobody queued."""


@dataclass(frozen=True)
class Finalist:
    """Values that may be written down; first: the score of their trial; scores: one a seed."""

    label: str
    values: dict[str, Any]
    first: float | None
    scores: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """The mean over the seeds."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def spread(self) -> float:
        """The standard deviation over the seeds."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else 0.0


def finalists(session: Session) -> list[Finalist]:
    """Return the present values, and the best trials that have others."""
    done = session.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ranked = sorted(done, key=lambda t: (-session.sign * float(t.value or 0.0), t.number))
    best: list[Finalist] = []
    for trial in ranked:
        values = session.trained_values(trial)
        if all(values != other.values for other in best):
            best.append(Finalist(f"trial {trial.number}", values, trial.value))
    others = [c for c in best[: session.tuning.finalists] if c.values != session.current_values]
    return [Finalist("present values", session.current_values, None), *others]


def repeats_of(session: Session) -> optuna.Study:
    """Open the study that holds the repeats of a study's trials."""
    name = f"{session.study.study_name}-again"
    goal, seed = session.task.metrics().goal, session.tuning.seed
    return open_study(session.url, name, goal, sampler_of("random", 0, seed))


def queue_repeats(session: Session, study: optuna.Study, chosen: Sequence[Finalist]) -> int:
    """Queue each finalist with each of `tuning.finalist_seeds` seeds, where it is not yet; count them all."""
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


def repeat(session: Session, study: optuna.Study, total: int, look: Callable[[], None]) -> None:
    """Fit what is queued, unpruned, until `total` repeats are finished."""

    def fit(trial: optuna.Trial) -> float:
        seed = trial.suggest_int("seed", 0, 2**31)
        if VALUES not in trial.user_attrs:
            # a kill between two writes lost a place in the queue, and this was drawn instead
            raise UnqueuedTrial
        values = trial.user_attrs[VALUES]
        name = f"{trial.user_attrs[LABEL]}: {format_values(values)}"
        task = session.with_values({**values, "fit.seed": seed})
        return session.fit(task, "repeat", trial.number, name, lambda row: look())

    # the one who queued them queues anew what is missing
    with suppress(UnqueuedTrial), join_study(session.url, study):
        run_trials(study, fit, total, look)


def scored(finalist: Finalist, study: optuna.Study) -> Finalist:
    """Give a candidate the scores of its repeats, in the order of the seeds."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    own = {t.params["seed"]: t.value for t in done if t.user_attrs.get(VALUES) == finalist.values}
    return replace(finalist, scores=tuple(value for _, value in sorted(own.items()) if value is not None))


def select_winner(tried: list[Finalist], seeds: int, sign: float) -> Finalist:
    """Choose the best mean among the candidates whose every seed gave a score.

    tried: the present values first; they stay unless the best beats them in a one-sided t test at the level
    of 0.05, divided by the number of others. sign: 1 where a higher score is better, or -1.
    """
    present, *others = tried
    best = max((c for c in others if len(c.scores) >= seeds), key=lambda c: sign * _mean(c), default=present)
    if len(present.scores) < seeds:
        return best
    error = math.hypot(present.spread, best.spread) / math.sqrt(seeds)
    quantile = stats.t.ppf(1 - LEVEL / max(len(others), 1), 2 * seeds - 2)
    return best if sign * (_mean(best) - _mean(present)) > quantile * error else present


def _mean(finalist: Finalist) -> float:
    return statistics.fmean(finalist.scores)
