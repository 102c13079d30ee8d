"""The first half of tuning: trials that a sampler chooses and a pruner stops early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.trial import TrialState

from seqops.core.callbacks import GOAL, EpochResult, WholeFit
from seqops.core.errors import ConfigError
from seqops.tuning.session import TRIAL, Session, format_values
from seqops.tuning.study import RejectedTrial, join_study, queue_trials, run_trials


def queue_current_values(session: Session) -> None:
    """Queue the current values as the first trial, as far as they are in the search space."""
    if not session.study.get_trials(deepcopy=False):
        values = {key: v for key, v in session.current_values.items() if session.space[key].contains(v)}
        queue_trials(session.study, [(values, {})])


def search(session: Session, total: int, poll: Callable[[], None], deadline: float | None) -> None:
    """Run trials until `total` are finished; poll: called after each epoch, and as in `run_trials`."""
    with join_study(session.url, session.study):
        run_trials(session.study, lambda trial: _fit(session, trial, poll), total, poll, deadline)


def _fit(session: Session, trial: optuna.Trial, poll: Callable[[], None]) -> float:
    values = {key: distribution.suggest(key, trial) for key, distribution in session.space.items()}
    try:
        task = session.with_values(values)
    except ConfigError as refused:
        # each value alone is accepted, but not together with another
        raise RejectedTrial(str(refused)) from None
    if session.is_seedless(values) and (known := _scores_of(session, values)):
        return known[0]

    def prune(row: EpochResult) -> None:
        poll()
        if row.objective != GOAL or not row.trained or isinstance(row, WholeFit):
            return
        trial.report(row.validation, row.epoch)
        # pruning after the last epoch saves nothing
        if row.epoch < task.fit_config.total_epochs() and trial.should_prune():
            raise optuna.TrialPruned

    name = f"trial {trial.number}: {format_values(values)}"
    return session.fit(task, TRIAL, trial.number, name, prune).best


def _scores_of(session: Session, values: Mapping[str, Any]) -> list[float]:
    """Return the scores of the complete trials with these values."""
    done = session.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [float(trial.value or 0.0) for trial in done if session.trained_values(trial) == values]
