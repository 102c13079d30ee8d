"""Storage of studies: an SQLite file shared by processes, or a database server."""

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
"""Seconds between two heartbeats of a trial, and without one before the trial counts as dead."""
OPEN_ATTEMPTS = 50
"""Attempts to open a storage while another process creates its tables; each failure is one more table."""
CREATED_CONCURRENTLY = "already exists|duplicate key"
STORAGE_ERRORS = (SQLAlchemyError, sqlite3.Error, OptunaError, ImportError)
DAMAGED = ("malformed", "not a database", "no such table", "no such column")
"""What SQLite says of a damaged file."""
LABEL, DEATHS = "label", "deaths"


@contextmanager
def translate_storage_errors(url: str) -> Iterator[None]:
    """Turn errors of the storage into a SeqopsError that names it."""
    try:
        yield
    except STORAGE_ERRORS as error:
        raise _failure(url, error) from error


@contextmanager
def translate_damage(url: str) -> Iterator[None]:
    """Turn any exception into a SeqopsError that names the storage: damage makes Optuna raise anything."""
    try:
        yield
    except (SeqopsError, OSError):
        raise
    except Exception as error:
        raise _failure(url, error) from error


def _failure(url: str, error: Exception) -> SeqopsError:
    causes = [error, error.__cause__ or error.__context__]
    firsts = "; ".join(str(cause).strip().partition("\n")[0].rstrip(".") for cause in causes if cause)
    remedy = "Fix it, or leave --storage out to use the project's own."
    damaged = not isinstance(error, STORAGE_ERRORS) or any(sign in firsts for sign in DAMAGED)
    if damaged and (path := sqlite_file(url)):
        remedy = f"Restore {path.name} from a backup, or move it away: its studies then begin again."
    return SeqopsError(f"the storage of the study, {redact(url)}, failed: {redact(firsts)}. {remedy}")


@contextmanager
def allow_experimental() -> Iterator[None]:
    """Silence Optuna's ExperimentalWarning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


class SQLite(optuna.storages.RDBStorage):
    """A storage that gives a waiting trial to one process only: SQLite has no `SELECT ... FOR UPDATE`."""

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set the state of a trial; claim a waiting one by a single statement, which is atomic in SQLite."""
        if state != TrialState.RUNNING:
            return bool(super().set_trial_state_values(trial_id, state, values))
        waiting = (TrialModel.trial_id == trial_id, TrialModel.state == TrialState.WAITING)
        with self.engine.begin() as connection:
            claimed = connection.execute(
                update(TrialModel).where(*waiting).values(state=state, datetime_start=datetime.now())
            )
        return bool(claimed.rowcount)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite storage, or None for any other."""
    address = make_url(url)
    in_a_file = address.get_backend_name() == "sqlite" and address.database not in (None, ":memory:")
    return Path(str(address.database)) if in_a_file else None


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """Open a storage, created if missing, also while other processes open it."""
    path = sqlite_file(url)
    if path is None:
        return _open_on_server(url)
    # SQLite fails immediately, without waiting, if two processes change the journal mode of one file
    with exclusive_lock(path.with_name(f"{path.name}.lock")):
        with closing(sqlite3.connect(path, timeout=60)) as database:
            # processes can read while one writes
            database.execute("pragma journal_mode=wal")
        return _connect(url, SQLite, timeout=60)


def _open_on_server(url: str) -> optuna.storages.RDBStorage:
    """Open a storage on a server; try again while another process creates its tables."""
    for _ in range(OPEN_ATTEMPTS):
        try:
            return _connect(url)
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            if not re.search(CREATED_CONCURRENTLY, str(error)):
                raise
            time.sleep(0.1)
    return _connect(url)


def _connect(
    url: str, kind: type[optuna.storages.RDBStorage] = optuna.storages.RDBStorage, **connection: Any
) -> optuna.storages.RDBStorage:
    with allow_experimental():
        return kind(
            url,
            engine_kwargs={"connect_args": connection},
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=retry_trial,
        )


def retry_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    """Queue the values of a trial whose process died again."""
    requeue(study, trial, trial.user_attrs.get(DEATHS, 0) + 1)


def requeue(study: optuna.Study, trial: FrozenTrial, deaths: int) -> None:
    """Queue the values of a trial again, unless that was done before; deaths: how often its process died."""
    if any(t.user_attrs.get(RETRY_OF) == trial.number for t in study.get_trials(deepcopy=False)):
        return  # by a process that died right after
    values = trial.params or trial.system_attrs.get("fixed_params", {})
    study.enqueue_trial(values, user_attrs={**trial.user_attrs, RETRY_OF: trial.number, DEATHS: deaths})
