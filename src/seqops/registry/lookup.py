"""A registered version by its alias.

The project's own database is read without MLflow, whose import takes seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from seqops.core.project import Project
from seqops.tracking.store_address import artifacts_folder, database, is_own

if TYPE_CHECKING:
    import mlflow
    from mlflow.entities.model_registry import ModelVersion

VERSION = """
SELECT v.version, v.run_id, v.storage_location FROM registered_model_aliases AS a
JOIN model_versions AS v ON v.name = a.name AND v.version = a.version
WHERE a.name = ? AND a.alias = ? AND v.status = 'READY'
"""
TAGS = "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?"


@dataclass(frozen=True)
class LocalVersion:
    """A version in the project's own store: what MLflow's ModelVersion says of it; source: a file URI."""

    name: str
    version: str
    run_id: str
    source: str
    tags: Mapping[str, str]


def aliased(
    project: Project, name: str, alias: str
) -> tuple[mlflow.MlflowClient, ModelVersion | LocalVersion | None]:
    """Return a client of the store, and the version that an alias of a model points to; None if none does."""
    if (local := local_version(project, name, alias)) is not None:
        return cast("mlflow.MlflowClient", LateClient(project)), local
    from seqops.registry import versions
    from seqops.tracking import connection

    client = connection.connect(project)
    with connection.translate_store_errors():
        number = versions.get_alias(client, name, alias)
    return client, None if number is None else versions.version(client, name, number)


def local_version(project: Project, name: str, alias: str) -> LocalVersion | None:
    """Return a version with its files in the project's own store; None if MLflow has to be asked."""
    if not is_own(project):
        return None
    try:
        address = f"file:{quote(str(database(project)))}?mode=ro"
        with closing(sqlite3.connect(address, timeout=60, uri=True)) as store:
            found = store.execute(VERSION, (name, alias)).fetchone()
            tags = dict(store.execute(TAGS, (name, found[0])).fetchall()) if found else {}
    except sqlite3.Error:
        return None
    # a project that was moved has addresses of its former place, which connecting to the store corrects
    if found is None or not str(found[2]).startswith(f"{artifacts_folder(project).as_uri()}/"):
        return None
    return LocalVersion(name, str(found[0]), found[1], found[2], tags)


class LateClient:
    """A client of MLflow that connects when it is asked something, as it is to explain a damaged bundle."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __getattr__(self, name: str) -> Any:
        from seqops.tracking import connection

        return getattr(connection.connect(self._project), name)
