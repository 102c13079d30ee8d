"""Retraining cycles of several tasks, one after the other, and their common exit code."""

from __future__ import annotations

from collections.abc import Sequence

from seqops.core.project import Project
from seqops.params import Params
from seqops.retraining.cycle import CycleOptions, CycleResult, retrain
from seqops.retraining.notify import notify
from seqops.retraining.triggers import Trigger
from seqops.runtime.console import Terminated, error_summary, print_error
from seqops.tracking.connection import connect

CODES = {"promoted": 0, "due": 0, "kept": 10, "nothing": 11, "refused": 12, "failed": 13}
BY_PRIORITY = ("failed", "refused", "promoted", "due", "kept", "nothing")


def retrain_all(
    project: Project, names: Sequence[str], triggers: Sequence[str], tune: int, dry_run: bool, debug: bool
) -> int:
    """Run a cycle of each task, also after one has failed, and send notifications. Returns the exit code.

    Raises ConfigError for an unknown task or trigger and for wrong settings, before any cycle; in a dry run,
    SeqopsError if the tracking store fails.
    """
    params = Params.load(project.params)
    conditions = [Trigger.parse(text) for text in triggers]
    settings = CycleOptions(conditions, params.drift, tune, dry_run, params.download)
    targets = params.notify
    for name in set(names) - set(params.names):
        params.task(name)
    if dry_run:
        # one message about a store that fails, not one for each task
        connect(project)
    outcomes = set()
    for name in names:
        ended = _cycle(project, name, settings, debug)
        outcomes.add(ended.outcome)
        if not dry_run:
            notify(targets, ended.event())
    return CODES[next(outcome for outcome in BY_PRIORITY if outcome in outcomes)]


def _cycle(project: Project, name: str, settings: CycleOptions, debug: bool) -> CycleResult:
    try:
        return retrain(project, name, settings)
    except (KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:  # of whatever kind: the other tasks run, and the notification is sent
        if debug:
            raise
        print_error(error)
        return CycleResult(name, "failed", error_summary(error))
