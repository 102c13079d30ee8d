"""The slot of a trial: the number it would have if no process had died."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

WHY, RETRY_OF, SLOT = "why", "retry of", "place"


def counted(trial: FrozenTrial) -> bool:
    """Return whether a trial takes a slot: not if it waits, died or was in excess."""
    if trial.state == TrialState.FAIL:
        return WHY in trial.user_attrs
    return trial.state != TrialState.WAITING


def trial_slot(study: optuna.Study, trial: FrozenTrial) -> int:
    """Return the slot of a trial; a retried trial keeps its slot, and an excess trial has none."""
    if SLOT in trial.user_attrs:
        return int(trial.user_attrs[SLOT])
    # not through the study: Hyperband's view of it shows only the trials of one bracket
    trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
    first = trial
    while RETRY_OF in first.user_attrs:
        first = trials[first.user_attrs[RETRY_OF]]
    return sum(1 for _ in _with_slots(trials, first.number))


def _with_slots(trials: Sequence[FrozenTrial], before: int) -> Iterator[FrozenTrial]:
    retried = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    for trial in trials[:before]:
        waiting = trial.state == TrialState.WAITING
        if RETRY_OF not in trial.user_attrs and (counted(trial) or waiting or trial.number in retried):
            yield trial
