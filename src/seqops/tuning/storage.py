"""Storages of studies: SQLite shared by processes, or a server."""

from __future__ import annotations

import re
import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError
from optuna.storages._rdb.models import TrialModel
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import make_url, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from seqops.core.errors import SeqopsError
from seqops.core.redaction import redact
from seqops.runtime.locks import exclusive_lock
from seqops.tuning.trial_numbers import RETRY_OF

HEARTBEAT, GRACE = 5, 30
"""Seconds between two signs of life of a trial, and without one before it counts as dead."""
FOUNDINGS = 50
"""Looks at a storage whose tables another process makes; each failure means that it made one more."""
MADE_BY_ANOTHER = "already exists|duplicate key"
LABEL, DEATHS = "label", "deaths"


@contextmanager
def translate_storage_errors(url: str) -> Iterator[None]:
    """Turn what the storage raises to one message that names it."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OptunaError, ImportError) as error:
        causes = [error, error.__cause__ or error.__context__]
        firsts = [str(cause).strip().partition("\n")[0].rstrip(".") for cause in causes if cause]
        raise SeqopsError(
            f"the storage of the study, {redact(url)}, failed: {redact('; '.join(firsts))}. "
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
    with exclusive_lock(path.with_name(f"{path.name}.lock")):
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
            heartbeat_stale_trial_callback=retry_trial,
        )


def retry_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    """Put the values of a trial whose process died back into the queue."""
    _requeue(study, trial, trial.user_attrs.get(DEATHS, 0) + 1)


def _requeue(study: optuna.Study, trial: FrozenTrial, deaths: int) -> None:
    if any(t.user_attrs.get(RETRY_OF) == trial.number for t in study.get_trials(deepcopy=False)):
        return  # a process that died after this had put them back already
    values = trial.params or trial.system_attrs.get("fixed_params", {})
    study.enqueue_trial(values, user_attrs={**trial.user_attrs, RETRY_OF: trial.number, DEATHS: deaths})
