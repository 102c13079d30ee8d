"""Cycles of several tasks, one after the other, and the exit code that speaks for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from seqops.core.errors import SeqopsError
from seqops.core.project import Store
from seqops.params import Params
from seqops.retraining.cycle import Ended, Settings, retrain
from seqops.retraining.notify import notify
from seqops.retraining.triggers import Trigger
from seqops.runtime.console import complain, told

CODES = {"promoted": 0, "due": 0, "kept": 10, "nothing": 11, "refused": 12, "failed": 1}
BY_WEIGHT = ("failed", "refused", "promoted", "due", "kept", "nothing")


def rounds(
    store: Store, names: Sequence[str], triggers: Sequence[str], tune: int, dry_run: bool, debug: bool
) -> int:
    """Run a cycle of each task; one that fails does not keep the next from running. Returns the exit code."""
    params = Params.load(store.params)
    settings = Settings([Trigger.parse(text) for text in triggers], params.drift, tune, dry_run)
    for name in names:
        params.task(name)
    outcomes = set()
    for name in names:
        ended = _cycle(store, name, settings, debug)
        outcomes.add(ended.outcome)
        if not dry_run:
            notify(params.notify, ended.event())
    return CODES[next(outcome for outcome in BY_WEIGHT if outcome in outcomes)]


def _cycle(store: Store, name: str, settings: Settings, debug: bool) -> Ended:
    try:
        return retrain(store, name, settings)
    except (SeqopsError, OSError) as error:
        if debug:
            raise
        complain(error)
        return Ended(name, "failed", told(error))
