"""The connection to the MLflow tracking store, and its errors."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import requests
from mlflow.exceptions import MlflowException
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.runtime.console import err
from seqops.runtime.locks import exclusive_lock
from seqops.tracking import own_database
from seqops.tracking.store_address import artifacts_folder, database, is_own, store_uri

TIMEOUT = 5  # seconds, of the first answer of a server
IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(TIMEOUT), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
"""Variables of MLflow's client for that answer; without a retry it would follow no redirect."""
DATABASES = {
    "sqlite": {"timeout": 60},
    "postgresql": {"connect_timeout": TIMEOUT},
    "mysql": {"connect_timeout": TIMEOUT},
}
"""By the beginning of its URI: how to connect to a database, in seconds."""
AUTH_ERRORS = {
    401: "rejected the user name or password. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    403: "does not allow this user to do that. Ask its administrator for permission.",
}
"""The message of an HTTP status, and what to do."""
STORE_ERRORS = (MlflowException, requests.RequestException, SQLAlchemyError)
DAMAGED = ("malformed", "not a database", "no such table", "no such column")
"""What SQLite says of a damaged file."""
OLD_SCHEMA = "out-of-date database schema"


@contextmanager
def translate_store_errors() -> Iterator[None]:
    """Convert errors of MLflow, the network and databases to SeqopsError with the store and the fix."""
    try:
        yield
    except STORE_ERRORS as error:
        raise _failure(error) from error


def _failure(error: Exception) -> SeqopsError:
    uri = mlflow.get_tracking_uri()
    if message := AUTH_ERRORS.get(_status(error)):
        return SeqopsError(f"the tracking store {redact(uri)} {message}")
    reason = redact(str(error).strip().split("\n")[0]).rstrip(".") or type(error).__name__
    return SeqopsError(f"the tracking store {redact(uri)} failed: {reason}. {_remedy(uri, error)}")


def _status(error: Exception) -> int:
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    response = getattr(error, "response", None)
    return 0 if response is None else int(response.status_code)


def _remedy(uri: str, error: Exception) -> str:
    if OLD_SCHEMA in str(error):
        return f"Make a copy of the database, then run `mlflow db upgrade '{redact(uri)}'`."
    if isinstance(error, ImportError):
        return (
            "Install that driver, or name an installed one in MLFLOW_TRACKING_URI: postgresql+psycopg://..."
        )
    if not uri.startswith("sqlite:"):
        return "Fix it, or unset MLFLOW_TRACKING_URI to use the project's own store."
    if any(sign in str(error) for sign in DAMAGED):
        return own_database.REMEDY
    return "Check that its folder can be written, that the disk has space and that no other process holds it."


def connect(project: Project) -> mlflow.MlflowClient:
    """Open the tracking store: MLFLOW_TRACKING_URI, or a database in the project's state.

    Raises SeqopsError within seconds if a server does not answer.
    """
    uri = store_uri(project)
    mlflow.set_tracking_uri(uri)
    with translate_store_errors():
        if uri.startswith("http"):
            return _connect_to_server()
        # two processes that create the tables of one database at the same time break it
        with exclusive_lock(database(project).with_name("opening.lock")), warnings.catch_warnings():
            # the libraries that create the tables warn about themselves
            warnings.simplefilter("ignore", UserWarning)
            try:
                if is_own(project):
                    open_own(project)
                _reach(uri)
                return mlflow.MlflowClient()
            except (SeqopsError, OSError, *STORE_ERRORS):
                raise
            except Exception as error:
                # a damaged or foreign database makes MLflow fail in any way
                raise _failure(error) from error


def open_own(project: Project) -> None:
    """Create the project's own database if it is missing; otherwise check it and follow a moved project."""
    path = database(project)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        own_database.create(path)
        return
    own_database.check(path)
    for former in own_database.relocate(path, artifacts_folder(project)):
        moved = f"The project was at {former} before: the tracking store now has the addresses of this place."
        err.print(moved, markup=False, highlight=False)


def check_own(project: Project) -> None:
    """Read every page of the project's own database. Raises SeqopsError if it is damaged."""
    own_database.check(database(project), thoroughly=True)


def _connect_to_server() -> mlflow.MlflowClient:
    """Open a server by MLflow's own client, which knows the credentials, and wait for one answer."""
    client, former = mlflow.MlflowClient(), {name: os.environ.get(name) for name in IMPATIENT}
    os.environ.update(IMPATIENT)
    try:
        client.search_experiments(max_results=1)
    finally:
        for name, value in former.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return client


def _reach(uri: str) -> None:
    """Connect to a database once, because MLflow would try for minutes."""
    options = next((found for kind, found in DATABASES.items() if uri.startswith(kind)), None)
    if options is None:
        return
    address = make_url(uri)
    if uri.startswith("sqlite") and not Path(address.database or "").is_file():
        return  # MLflow creates it
    engine = create_engine(address, connect_args=options)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA schema_version" if uri.startswith("sqlite") else "SELECT 1")
    finally:
        engine.dispose()
