"""The tracking store: where it is, how it is opened, and what it says when it fails."""

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
REFUSALS = {
    401: "knows no such user and password. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    403: "does not let this user do that. Ask its administrator for the permission.",
}
"""What a server's status says, and what to do."""


@contextmanager
def translate_store_errors() -> Iterator[None]:
    """Turn what MLflow and the network raise to one message that names the store and the way out."""
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        uri = redact(mlflow.get_tracking_uri())
        if refusal := REFUSALS.get(_status(error)):
            raise SeqopsError(f"the tracking store {uri} {refusal}") from error
        raise SeqopsError(
            f"the tracking store {uri} failed: {redact(str(error).splitlines()[0])} "
            "Mend it, or unset MLFLOW_TRACKING_URI to use the project's own store."
        ) from error


def _status(error: MlflowException | requests.RequestException) -> int:
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    return 0 if error.response is None else int(error.response.status_code)


def store_uri(project: Project) -> str:
    """Return MLFLOW_TRACKING_URI, or the database in the project's state."""
    _folder(project).mkdir(parents=True, exist_ok=True)
    return os.environ.get("MLFLOW_TRACKING_URI") or _own(project)


def _folder(project: Project) -> Path:
    return project.state / "mlflow"


def _own(project: Project) -> str:
    return f"sqlite:///{_folder(project) / DATABASE}"


def connect(project: Project) -> mlflow.MlflowClient:
    """Open the tracking store: MLFLOW_TRACKING_URI, or a database in the project's state.

    Raises SeqopsError within seconds where a server does not answer.
    """
    uri = store_uri(project)
    mlflow.set_tracking_uri(uri)
    with translate_store_errors():
        if uri.startswith("http"):
            requests.get(f"{uri.rstrip('/')}/health", timeout=5).raise_for_status()
            return mlflow.MlflowClient()
        # two that make the tables of one database at once break it
        with exclusive_lock(_folder(project) / "opening.lock"), warnings.catch_warnings():
            # of the libraries that make the tables, about their own
            warnings.simplefilter("ignore", UserWarning)
            if uri == _own(project):
                _found(_folder(project) / DATABASE)
            return mlflow.MlflowClient()


def _found(path: Path) -> None:
    """Make the project's own database where there is none, and move it to its place when it is whole."""
    if path.exists():
        return
    scratch = path.with_name(".founding")
    shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
    scratch.mkdir()
    mlflow.MlflowClient(f"sqlite:///{scratch / path.name}")
    (scratch / path.name).replace(path)
    shutil.rmtree(scratch)
