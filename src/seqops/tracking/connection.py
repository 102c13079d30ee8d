"""The connection to the MLflow tracking store, and its errors."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import requests
from mlflow.exceptions import MlflowException

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.runtime.locks import exclusive_lock

DATABASE = "mlflow.db"
AUTH_ERRORS = {
    401: "rejected the user name or password. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    403: "does not allow this user to do that. Ask its administrator for permission.",
}
"""The message of an HTTP status, and what to do."""


@contextmanager
def translate_store_errors() -> Iterator[None]:
    """Convert errors of MLflow and the network to SeqopsError, which names the store and the fix."""
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        uri = redact(mlflow.get_tracking_uri())
        if message := AUTH_ERRORS.get(_status(error)):
            raise SeqopsError(f"the tracking store {uri} {message}") from error
        raise SeqopsError(
            f"the tracking store {uri} failed: {redact(str(error).splitlines()[0])} "
            "Fix it, or unset MLFLOW_TRACKING_URI to use the project's own store."
        ) from error


def _status(error: MlflowException | requests.RequestException) -> int:
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    return 0 if error.response is None else int(error.response.status_code)


def store_uri(project: Project) -> str:
    """Return MLFLOW_TRACKING_URI, or the database in the project's state."""
    _folder(project).mkdir(parents=True, exist_ok=True)
    return os.environ.get("MLFLOW_TRACKING_URI") or _local_uri(project)


def _folder(project: Project) -> Path:
    return project.state / "mlflow"


def _local_uri(project: Project) -> str:
    return f"sqlite:///{_folder(project) / DATABASE}"


def connect(project: Project) -> mlflow.MlflowClient:
    """Open the tracking store: MLFLOW_TRACKING_URI, or a database in the project's state.

    Raises SeqopsError within seconds if a server does not answer.
    """
    uri = store_uri(project)
    mlflow.set_tracking_uri(uri)
    with translate_store_errors():
        if uri.startswith("http"):
            requests.get(f"{uri.rstrip('/')}/health", timeout=5).raise_for_status()
            return mlflow.MlflowClient()
        # two processes that create the tables of one database at the same time break it
        with exclusive_lock(_folder(project) / "opening.lock"), warnings.catch_warnings():
            # the libraries that create the tables warn about themselves
            warnings.simplefilter("ignore", UserWarning)
            if uri == _local_uri(project):
                _create_database(_folder(project) / DATABASE)
            return mlflow.MlflowClient()


def _create_database(path: Path) -> None:
    """Create the project's own database if it is missing, and move it into place when it is complete."""
    if path.exists():
        return
    scratch = path.with_name(".incomplete")
    shutil.rmtree(scratch, ignore_errors=True)  # left by a killed process
    scratch.mkdir()
    mlflow.MlflowClient(f"sqlite:///{scratch / path.name}")
    (scratch / path.name).replace(path)
    shutil.rmtree(scratch)
