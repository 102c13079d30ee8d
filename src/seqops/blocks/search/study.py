"""A study that ends with the trials asked for, however many workers share it and whoever is killed."""

from __future__ import annotations

import re
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError, UpdateFinishedTrialError
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.storages._rdb.models import TrialModel
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import make_url, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from seqops.blocks.lock import alone, among
from seqops.blocks.search.places import RETRY_OF, WHY, counted
from seqops.contract import Goal, SeqopsError
from seqops.masking import masked

Values = Mapping[str, Any]
Objective = Callable[[Trial], float]
HEARTBEAT, GRACE = 5, 30
"""Seconds between two signs of life of a trial, and without one before it counts as dead."""
FOUNDINGS = 50
"""Looks at a storage whose tables another process makes; each failure means that it made one more."""
MADE_BY_ANOTHER = "already exists|duplicate key"
LABEL, DEATHS = "label", "deaths"
MOST_DEATHS = 3


class Refused(Exception):
    """A trial that came to nothing for a reason that lies in its values: counted, and not tried again."""


class Surplus(Exception):
    """A trial begun when all those asked for were taken."""


@dataclass(frozen=True)
class Counts:
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
    with storing(url):
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


@contextmanager
def storing(url: str) -> Iterator[None]:
    """Turn what the storage raises to one message that names it."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OptunaError, ImportError) as error:
        causes = [error, error.__cause__ or error.__context__]
        firsts = [str(cause).strip().partition("\n")[0].rstrip(".") for cause in causes if cause]
        raise SeqopsError(
            f"the storage of the study, {masked(url)}, failed: {masked('; '.join(firsts))}. "
            "Mend it, or leave --storage out to use the project's own."
        ) from error


@contextmanager
def _experimental() -> Iterator[None]:
    """Use what optuna calls experimental, without its saying so each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


class SQLite(optuna.storages.RDBStorage):
    """A storage that gives a waiting trial to one process alone: SQLite has no `SELECT ... FOR UPDATE`."""

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set a trial's state; take a waiting one by a single statement, which SQLite runs as a whole."""
        if state != TrialState.RUNNING:
            return bool(super().set_trial_state_values(trial_id, state, values))
        waits = (TrialModel.trial_id == trial_id, TrialModel.state == TrialState.WAITING)
        with self.engine.begin() as connection:
            taken = connection.execute(
                update(TrialModel).where(*waits).values(state=state, datetime_start=datetime.now())
            )
        return bool(taken.rowcount)


def _file(url: str) -> Path | None:
    """Return the file of a storage, or None where it is no file."""
    address = make_url(url)
    in_a_file = address.get_backend_name() == "sqlite" and address.database not in (None, ":memory:")
    return Path(str(address.database)) if in_a_file else None


def _storage(url: str) -> optuna.storages.RDBStorage:
    path = _file(url)
    if path is None:
        return _founded(url)
    # SQLite fails at once, without waiting, where two processes change the mode of one file
    with alone(path.with_name(f"{path.name}.lock")):
        with closing(sqlite3.connect(path, timeout=60)) as database:
            # several processes read while one writes
            database.execute("pragma journal_mode=wal")
        return _opened(url, SQLite, timeout=60)


def _founded(url: str) -> optuna.storages.RDBStorage:
    """Open a storage on a server; where another process makes its tables at the same time, look again."""
    for _ in range(FOUNDINGS):
        try:
            return _opened(url)
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            if not re.search(MADE_BY_ANOTHER, str(error)):
                raise
            time.sleep(0.1)
    return _opened(url)


def _opened(
    url: str, kind: type[optuna.storages.RDBStorage] = optuna.storages.RDBStorage, **connection: Any
) -> optuna.storages.RDBStorage:
    with _experimental():
        return kind(
            url,
            engine_kwargs={"connect_args": connection},
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=again,
        )


def counts(study: optuna.Study) -> Counts:
    """Count the trials."""
    trials = study.get_trials(deepcopy=False)
    states = [trial.state for trial in trials if counted(trial)]
    kinds = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
    return Counts(*(states.count(kind) for kind in kinds))


def again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Put the values of a trial whose process died back into the queue."""
    _requeue(study, trial, trial.user_attrs.get(DEATHS, 0) + 1)


def _requeue(study: optuna.Study, trial: FrozenTrial, deaths: int) -> None:
    if any(t.user_attrs.get(RETRY_OF) == trial.number for t in study.get_trials(deepcopy=False)):
        return  # a process that died after this had put them back already
    values = trial.params or trial.system_attrs.get("fixed_params", {})
    study.enqueue_trial(values, user_attrs={**trial.user_attrs, RETRY_OF: trial.number, DEATHS: deaths})


def queue(study: optuna.Study, wanted: Sequence[tuple[Values, Values]], same: str = "") -> int:
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
def at_work(url: str, study: optuna.Study) -> Iterator[None]:
    """Stand among the processes at work on a study; the first puts back at once what the dead left running.

    So the next trial is drawn as if nobody had died. Of a study on a server only signs of life tell who is
    dead: its processes may be on other machines.
    """
    path = _file(url)
    if path is None:
        yield
        return
    with among(path.with_name(f"{path.name}.{study.study_name}.lock"), lambda: _bury_all(study)):
        yield


def work(
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
            _bury(study)
            look()
            time.sleep(1)
            continue
        with _letting_go():
            study.optimize(_placed(study, objective, total), n_trials=1, catch=(Refused, Surplus))
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
            raise Surplus
        try:
            if trial.user_attrs.get(DEATHS, 0) >= MOST_DEATHS:
                raise Refused(f"its process died {MOST_DEATHS} times; it may need more memory than there is")
            return objective(trial)
        except Refused as refused:
            trial.set_user_attr(WHY, str(refused))
            raise
        except KeyboardInterrupt:
            _requeue(study, study.trials[trial.number], trial.user_attrs.get(DEATHS, 0))
            raise

    return run


def _bury(study: optuna.Study) -> None:
    """Fail the trials whose process died, also before its first sign of life."""
    with _experimental():
        optuna.storages.fail_stale_trials(study)
    long_ago = datetime.now() - timedelta(seconds=GRACE)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # values are drawn after the first sign of life
        if not trial.params and trial.datetime_start and trial.datetime_start < long_ago:
            _bury_one(study, trial)


def _bury_all(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        _bury_one(study, trial)


def _bury_one(study: optuna.Study, trial: FrozenTrial) -> None:
    study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    again(study, trial)
