"""The project's own tracking database: created whole, checked on opening, and moved with the project."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

from seqops.core.errors import SeqopsError

RELOCATIONS = (
    "UPDATE experiments SET artifact_location = :to || substr(artifact_location, :rest) "
    "WHERE substr(artifact_location, 1, :rest) = :from",
    "UPDATE runs SET artifact_uri = :to || substr(artifact_uri, :rest) "
    "WHERE substr(artifact_uri, 1, :rest) = :from",
    "UPDATE logged_models SET artifact_location = :to || substr(artifact_location, :rest) "
    "WHERE substr(artifact_location, 1, :rest) = :from",
    "UPDATE model_versions SET source = :to || substr(source, :rest) WHERE substr(source, 1, :rest) = :from",
    "UPDATE model_versions SET storage_location = :to || substr(storage_location, :rest) "
    "WHERE substr(storage_location, 1, :rest) = :from",
)
"""Replace the folder `:from` by `:to` in each column that holds the absolute address of an artefact."""
MISREAD = "%?"
"""Characters that SQLAlchemy and MLflow read in two ways in the path of a database."""
REMEDY = (
    "Restore it from a backup; or move it away, and register the models on disk again with "
    "`seqops publish TASK`: runs and earlier versions are then lost."
)


def uri_of(path: Path) -> str:
    """Return the URI of a database file. Raises SeqopsError for a path that MLflow would misread."""
    if found := [character for character in MISREAD if character in str(path)]:
        raise SeqopsError(
            f"the tracking database cannot be in {path.parent}, because {found[0]!r} in a path has another "
            "meaning in an address. Rename that folder; nothing is lost."
        )
    return f"sqlite:///{path}"


def create(path: Path) -> None:
    """Create a database beside its place, and move it there when it is complete."""
    scratch = path.with_name(".incomplete")
    import mlflow

    shutil.rmtree(scratch, ignore_errors=True)  # left by a killed process
    scratch.mkdir()
    mlflow.MlflowClient(uri_of(scratch / path.name))
    (scratch / path.name).replace(path)
    shutil.rmtree(scratch)


def check(path: Path, *, thoroughly: bool = False) -> None:
    """Raise SeqopsError, which says what to do, if a file is not a database of MLflow.

    thoroughly: read every page, which takes seconds for a large database.
    """
    try:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
            faults = database.execute("PRAGMA integrity_check(1)").fetchone() if thoroughly else ("ok",)
    except sqlite3.Error as error:
        raise SeqopsError(f"the tracking database {path} is not readable ({error}). {REMEDY}") from None
    if found is None or faults != ("ok",):
        reason = "it has no schema version" if found is None else " ".join(faults[0].split())
        raise SeqopsError(f"the tracking database {path} is damaged ({reason}). {REMEDY}")


def relocate(path: Path, artifacts: Path) -> list[str]:
    """Change every address below a former folder of artefacts to the present one, in one transaction.

    Return the former folders, as URIs: none unless the project was moved or copied since it was last opened.
    Addresses elsewhere stay.
    """
    present = artifacts.as_uri()
    with closing(sqlite3.connect(path, timeout=60)) as database, database:
        rows = database.execute("SELECT name, artifact_location FROM experiments").fetchall()
        bases = {_former(name, location, artifacts) for name, location in rows}
        former = sorted(base for base in bases if base is not None)
        for base in former:
            values = {"to": present, "rest": len(base) + 1, "from": f"{base}/"}
            for relocation in RELOCATIONS:
                database.execute(relocation, values)
    return former


def _former(experiment: str, location: str, artifacts: Path) -> str | None:
    """Return the folder of artefacts of an experiment of this project, if it is not the present one."""
    base, _, last = location.rpartition("/")
    if last != quote(experiment) or not base.startswith("file:///"):
        return None
    if not base.endswith(f"/{artifacts.parent.name}/{artifacts.name}") or base == artifacts.as_uri():
        return None
    folder = Path(unquote(base.removeprefix("file://")))
    # a link leads to the same folder by another name
    return None if folder.exists() and folder.resolve() == artifacts.resolve() else base
