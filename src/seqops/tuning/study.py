"""Studies that end with exactly the requested trials, however many processes share them or are killed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from seqops.core.records import Goal
from seqops.runtime.locks import shared_lock
from seqops.tuning.storage import (
    DEATHS,
    GRACE,
    allow_experimental,
    open_storage,
    requeue,
    retry_trial,
    sqlite_file,
    translate_damage,
)
from seqops.tuning.trial_numbers import WHY, counted

Values = Mapping[str, Any]
Objective = Callable[[Trial], float]
MAX_DEATHS = 3


class RejectedTrial(Exception):
    """A trial that failed because of its values: it is counted, and not retried."""


class ExcessTrial(Exception):
    """A trial started after all requested trials had been started."""


@dataclass(frozen=True)
class TrialCounts:
    """Number of trials by state; failed: rejected for a reason."""

    complete: int
    pruned: int
    failed: int
    running: int

    @property
    def finished(self) -> int:
        """Number of finished trials, whatever their result."""
        return self.complete + self.pruned + self.failed


def open_study(
    url: str, name: str, goal: Goal, sampler: BaseSampler, pruner: BasePruner | None = None
) -> optuna.Study:
    """Open or create a study. Raises SeqopsError if the storage cannot be used."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with translate_damage(url):
        study = optuna.create_study(
            storage=open_storage(url),
            study_name=name,
            direction="maximize" if goal.higher_is_better else "minimize",
            sampler=sampler,
            pruner=pruner or NopPruner(),
            load_if_exists=True,
        )
        with allow_experimental():
            study.set_metric_names([goal.metric])
        # every value is read once, so that a damaged one is noticed here
        study.get_trials(deepcopy=False)
        return study


def counts(study: optuna.Study) -> TrialCounts:
    """Count the trials by state."""
    trials = study.get_trials(deepcopy=False)
    states = [trial.state for trial in trials if counted(trial)]
    kinds = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
    return TrialCounts(*(states.count(kind) for kind in kinds))


def queue_trials(study: optuna.Study, wanted: Sequence[tuple[Values, Values]], same: str = "") -> int:
    """Queue values that no waiting, running or finished trial has yet; return the number of all trials.

    wanted: (values, attributes); same: an attribute that must be equal too. Not safe for two processes at
    the same time.
    """

    def existing() -> list[tuple[Values, Any]]:
        return [
            (trial.system_attrs.get("fixed_params", trial.params), trial.user_attrs.get(same))
            for trial in study.get_trials(deepcopy=False)
            if counted(trial) or trial.state == TrialState.WAITING
        ]

    before = existing()
    for values, attributes in wanted:
        if (values, attributes.get(same)) not in before:
            study.enqueue_trial(dict(values), user_attrs=dict(attributes))
    return len(existing())


@contextmanager
def join_study(url: str, study: optuna.Study) -> Iterator[None]:
    """Join the processes of a study; the first requeues at once the trials that dead processes left running.

    The next trial is then sampled as if no process had died. For a study on a server only heartbeats show
    which processes are dead, because they may run on other machines.
    """
    path = sqlite_file(url)
    if path is None:
        yield
        return
    with shared_lock(path.with_name(f"{path.name}.{study.study_name}.lock"), lambda: _fail_running(study)):
        yield


def run_trials(
    study: optuna.Study,
    objective: Objective,
    total: int,
    poll: Callable[[], None],
    deadline: float | None = None,
) -> None:
    """Run trials until `total` are finished, by this process or by others that share the study.

    Trials of a dead process are retried after GRACE seconds without a heartbeat. poll: called after each
    trial, and every second while waiting for other processes; deadline: the `time.monotonic()` after which no
    trial is started.
    """
    while (now := counts(study)).finished < total:
        if deadline is not None and time.monotonic() >= deadline:
            return
        if now.finished + now.running >= total:
            fail_dead_trials(study)
            poll()
            time.sleep(1)
            continue
        with _skip_lost_trial():
            study.optimize(_limited(study, objective, total), n_trials=1, catch=(RejectedTrial, ExcessTrial))
        poll()


@contextmanager
def _skip_lost_trial() -> Iterator[None]:
    """Continue if another process has the trial: this one was taken for dead, or SQLite gave it to two."""
    try:
        yield
    except UpdateFinishedTrialError:
        return
    except ValueError as error:
        # Optuna's message when it stores the result
        if not re.match(r"Cannot tell a \w+ trial", str(error)):
            raise


def _limited(study: optuna.Study, objective: Objective, total: int) -> Objective:
    """Wrap an objective: an excess trial is dropped, and an interrupted one is requeued."""

    def run(trial: Trial) -> float:
        earlier = [t for t in study.get_trials(deepcopy=False) if t.number < trial.number and counted(t)]
        if len(earlier) >= total:
            raise ExcessTrial
        try:
            if trial.user_attrs.get(DEATHS, 0) >= MAX_DEATHS:
                raise RejectedTrial(
                    f"its process died {MAX_DEATHS} times; it may need more memory than this machine has"
                )
            return objective(trial)
        except RejectedTrial as refused:
            trial.set_user_attr(WHY, str(refused))
            raise
        except (KeyboardInterrupt, SystemExit) as stopped:
            requeue(study, study.trials[trial.number], trial.user_attrs.get(DEATHS, 0))
            if isinstance(stopped, SystemExit):
                # Optuna ends the trial itself for a KeyboardInterrupt only
                study.tell(trial.number, state=TrialState.FAIL)
            raise

    return run


def fail_dead_trials(study: optuna.Study) -> None:
    """Fail and requeue the trials whose process died, even before its first heartbeat."""
    with allow_experimental():
        optuna.storages.fail_stale_trials(study)
    long_ago = datetime.now() - timedelta(seconds=GRACE)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # values are sampled after the first heartbeat
        if not trial.params and trial.datetime_start and trial.datetime_start < long_ago:
            _fail_trial(study, trial)


def _fail_running(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        _fail_trial(study, trial)


def _fail_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    retry_trial(study, trial)
