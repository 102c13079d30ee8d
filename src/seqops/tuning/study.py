"""A study that ends with the trials asked for, however many workers share it and whoever is killed."""

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

from seqops.core.interfaces import Goal
from seqops.runtime.locks import shared_lock
from seqops.tuning.storage import (
    DEATHS,
    GRACE,
    _experimental,
    _file,
    _requeue,
    _storage,
    retry_trial,
    translate_storage_errors,
)
from seqops.tuning.trial_numbers import WHY, counted

Values = Mapping[str, Any]
Objective = Callable[[Trial], float]
MOST_DEATHS = 3


class RejectedTrial(Exception):
    """A trial that came to nothing for a reason that lies in its values: counted, and not tried again."""


class ExcessTrial(Exception):
    """A trial begun when all those asked for were taken."""


@dataclass(frozen=True)
class TrialCounts:
    """How many trials stand where; failed: refused for a reason."""

    complete: int
    pruned: int
    failed: int
    running: int

    @property
    def finished(self) -> int:
        """Trials that are done, whatever came of them."""
        return self.complete + self.pruned + self.failed


def open_study(
    url: str, name: str, goal: Goal, sampler: BaseSampler, pruner: BasePruner | None = None
) -> optuna.Study:
    """Open a study, or make it. Raises SeqopsError where the storage cannot be used."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with translate_storage_errors(url):
        study = optuna.create_study(
            storage=_storage(url),
            study_name=name,
            direction="maximize" if goal.higher_is_better else "minimize",
            sampler=sampler,
            pruner=pruner or NopPruner(),
            load_if_exists=True,
        )
        with _experimental():
            study.set_metric_names([goal.metric])
        return study


def counts(study: optuna.Study) -> TrialCounts:
    """Count the trials."""
    trials = study.get_trials(deepcopy=False)
    states = [trial.state for trial in trials if counted(trial)]
    kinds = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
    return TrialCounts(*(states.count(kind) for kind in kinds))


def queue_trials(study: optuna.Study, wanted: Sequence[tuple[Values, Values]], same: str = "") -> int:
    """Queue the values that no trial holds yet, be it waiting, running or done; count the trials held.

    wanted: (values, attributes); same: the attribute that must be equal too. Not for two processes at once.
    """

    def held() -> list[tuple[Values, Any]]:
        return [
            (trial.system_attrs.get("fixed_params", trial.params), trial.user_attrs.get(same))
            for trial in study.get_trials(deepcopy=False)
            if counted(trial) or trial.state == TrialState.WAITING
        ]

    before = held()
    for values, attributes in wanted:
        if (values, attributes.get(same)) not in before:
            study.enqueue_trial(dict(values), user_attrs=dict(attributes))
    return len(held())


@contextmanager
def join_study(url: str, study: optuna.Study) -> Iterator[None]:
    """Stand among the processes at work on a study; the first puts back at once what the dead left running.

    So the next trial is drawn as if nobody had died. Of a study on a server only signs of life tell who is
    dead: its processes may be on other machines.
    """
    path = _file(url)
    if path is None:
        yield
        return
    with shared_lock(path.with_name(f"{path.name}.{study.study_name}.lock"), lambda: _fail_running(study)):
        yield


def run_trials(
    study: optuna.Study,
    objective: Objective,
    total: int,
    look: Callable[[], None],
    deadline: float | None = None,
) -> None:
    """Run trials until `total` are finished, by this process or by others that share the study.

    Trials of a dead process are tried again, after GRACE seconds without a sign of life. look: called after
    each trial, and while there is nothing to do but wait for others; deadline: no trial is begun after this
    `time.time()`.
    """
    while (now := counts(study)).finished < total:
        if deadline is not None and time.time() >= deadline:
            return
        if now.finished + now.running >= total:
            fail_dead_trials(study)
            look()
            time.sleep(1)
            continue
        with _letting_go():
            study.optimize(_placed(study, objective, total), n_trials=1, catch=(RejectedTrial, ExcessTrial))
        look()


@contextmanager
def _letting_go() -> Iterator[None]:
    """Go on where the trial is another's: this process was taken for dead, or SQLite gave it to two."""
    try:
        yield
    except UpdateFinishedTrialError:
        return
    except ValueError as error:
        # so optuna says it where the result is to be stored
        if not re.match(r"Cannot tell a \w+ trial", str(error)):
            raise


def _placed(study: optuna.Study, objective: Objective, total: int) -> Objective:
    """Wrap an objective: a trial that came too late is dropped, and one that is interrupted tried again."""

    def run(trial: Trial) -> float:
        earlier = [t for t in study.get_trials(deepcopy=False) if t.number < trial.number and counted(t)]
        if len(earlier) >= total:
            raise ExcessTrial
        try:
            if trial.user_attrs.get(DEATHS, 0) >= MOST_DEATHS:
                raise RejectedTrial(
                    f"its process died {MOST_DEATHS} times; it may need more memory than there is"
                )
            return objective(trial)
        except RejectedTrial as refused:
            trial.set_user_attr(WHY, str(refused))
            raise
        except KeyboardInterrupt:
            _requeue(study, study.trials[trial.number], trial.user_attrs.get(DEATHS, 0))
            raise

    return run


def fail_dead_trials(study: optuna.Study) -> None:
    """Fail the trials whose process died, also before its first sign of life."""
    with _experimental():
        optuna.storages.fail_stale_trials(study)
    long_ago = datetime.now() - timedelta(seconds=GRACE)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # values are drawn after the first sign of life
        if not trial.params and trial.datetime_start and trial.datetime_start < long_ago:
            _fail_trial(study, trial)


def _fail_running(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        _fail_trial(study, trial)


def _fail_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    retry_trial(study, trial)
