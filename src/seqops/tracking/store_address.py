"""Where the tracking store is, found without MLflow, whose import takes seconds."""

from __future__ import annotations

import os
from pathlib import Path

from seqops.core.project import Project
from seqops.tracking import own_database

DATABASE = "mlflow.db"


def store_uri(project: Project) -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the database in the project's state."""
    return os.environ.get("MLFLOW_TRACKING_URI") or own_database.uri_of(database(project))


def is_own(project: Project) -> bool:
    """Return whether the tracking store is the database in the project's state."""
    return store_uri(project) == f"sqlite:///{database(project)}"


def artifacts_folder(project: Project) -> Path:
    """Return the folder of the artefacts that the project's own store keeps."""
    return (project.state / "mlflow" / "artifacts").absolute()


def database(project: Project) -> Path:
    """Return the path of the project's own database."""
    return project.state / "mlflow" / DATABASE
