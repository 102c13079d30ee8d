"""The first half of tuning: trials that the sampler draws and the pruner cuts short."""

from __future__ import annotations

from collections.abc import Callable

import optuna

from seqops.core.callbacks import GOAL, EpochResult
from seqops.tuning.session import Session, format_values
from seqops.tuning.study import join_study, queue_trials, run_trials


def queue_current_values(session: Session) -> None:
    """Let the first trial have the present values, as far as the space holds them."""
    if not session.study.get_trials(deepcopy=False):
        held = {key: v for key, v in session.current_values.items() if session.space[key].contains(v)}
        queue_trials(session.study, [(held, {})])


def search(session: Session, total: int, look: Callable[[], None], deadline: float | None) -> None:
    """Run trials until `total` are finished."""
    with join_study(session.url, session.study):
        run_trials(session.study, lambda trial: _fit(session, trial, look), total, look, deadline)


def _fit(session: Session, trial: optuna.Trial, look: Callable[[], None]) -> float:
    values = {key: distribution.suggest(key, trial) for key, distribution in session.space.items()}
    task = session.with_values(values)

    def prune(row: EpochResult) -> None:
        look()
        if row.learns != GOAL:
            return
        done = row.epoch + 1
        trial.report(row.validation, done)
        # the last epoch is paid for already
        if done < task.fit_config.total_epochs() and trial.should_prune():
            raise optuna.TrialPruned

    name = f"trial {trial.number}: {format_values(values)}"
    return session.fit(task, "trial", trial.number, name, prune)
