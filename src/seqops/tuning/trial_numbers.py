"""Each trial's place in its study: the number that it would have, had no process died."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

WHY, RETRY_OF, SLOT = "why", "retry of", "place"


def counted(trial: FrozenTrial) -> bool:
    """Tell a trial that takes one of the places: not one that waits, died or came too late."""
    if trial.state == TrialState.FAIL:
        return WHY in trial.user_attrs
    return trial.state != TrialState.WAITING


def trial_slot(study: optuna.Study, trial: FrozenTrial) -> int:
    """Return a trial's place; one that is tried again keeps its own, and one that came too late had none."""
    if SLOT in trial.user_attrs:
        return int(trial.user_attrs[SLOT])
    # not by the study itself: of one that Hyperband splits, it shows a part
    trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
    first = trial
    while RETRY_OF in first.user_attrs:
        first = trials[first.user_attrs[RETRY_OF]]
    return sum(1 for _ in _placed(trials, first.number))


def _placed(trials: Sequence[FrozenTrial], before: int) -> Iterator[FrozenTrial]:
    again = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    for trial in trials[:before]:
        waits = trial.state == TrialState.WAITING
        if RETRY_OF not in trial.user_attrs and (counted(trial) or waits or trial.number in again):
            yield trial
