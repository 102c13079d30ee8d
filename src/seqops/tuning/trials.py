"""The first half of tuning: trials that the sampler draws and the pruner cuts short."""

from __future__ import annotations

from collections.abc import Callable

import optuna

from seqops.core.callbacks import GOAL, Epoch
from seqops.tuning.session import Session, words
from seqops.tuning.study import at_work, queue, work


def queue_present(session: Session) -> None:
    """Let the first trial have the present values, as far as the space holds them."""
    if not session.study.get_trials(deepcopy=False):
        held = {key: v for key, v in session.present.items() if session.space[key].holds(v)}
        queue(session.study, [(held, {})])


def search(session: Session, total: int, look: Callable[[], None], deadline: float | None) -> None:
    """Run trials until `total` are finished."""
    with at_work(session.url, session.study):
        work(session.study, lambda trial: _fit(session, trial, look), total, look, deadline)


def _fit(session: Session, trial: optuna.Trial, look: Callable[[], None]) -> float:
    values = {key: distribution.suggest(key, trial) for key, distribution in session.space.items()}
    task = session.having(values)

    def prune(row: Epoch) -> None:
        look()
        if row.learns != GOAL:
            return
        done = row.epoch + 1
        trial.report(row.validation, done)
        # the last epoch is paid for already
        if done < task.recipe.total_epochs() and trial.should_prune():
            raise optuna.TrialPruned

    name = f"trial {trial.number}: {words(values)}"
    return session.fit(task, "trial", trial.number, name, prune)
