"""Verification that the files of a bundle are those that were registered, before its code runs.

A tag of the version holds the hash of a list of all files; the list is an artefact of the run. So a change
by anyone who can write to the artifact store, but not to the registry, is detected.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from seqops.core.errors import SeqopsError
from seqops.core.files import sha256_of, sha256_of_json, write_json
from seqops.core.redaction import redact
from seqops.runtime.console import err
from seqops.tracking.mlflow_runs import TrainingRun, read_run_json

BUNDLE, LIST = "seqops.bundle_sha256", "bundle.json"
MAX_LISTED = 5  # files that an error lists


def record_files(run: TrainingRun, uri: str) -> str:
    """Log the list of a bundle's files to its run; return the hash of the list for the version's tag."""
    with tempfile.TemporaryDirectory() as scratch:
        found = _contents(_copied(uri, Path(scratch)))
        write_json(Path(scratch) / LIST, found)
        run.log_artifact(Path(scratch) / LIST)
    return sha256_of_json(found)


def verified_copy(client: mlflow.MlflowClient, version: ModelVersion, scratch: Path) -> Path:
    """Copy the bundle of a version into a folder, verify the copy and return its path.

    A copy, so that it cannot be changed after verification. Raises SeqopsError if it is lost or not what was
    registered; a version registered without a hash only causes a warning.
    """
    called = f"version {version.version} of {version.name}"
    try:
        bundle = _copied(version.source, scratch)
    except (OSError, MlflowException) as error:
        raise SeqopsError(
            f"the bundle of {called} cannot be read: {redact(str(error).strip().splitlines()[0])}. "
            "Restore it, or promote another version."
        ) from error
    found, wanted = _contents(bundle), version.tags.get(BUNDLE)
    if wanted is None:
        err.print(
            f"{called} was registered without the hash of its files, so they cannot be checked: "
            f"load it only if you trust whoever can write to {redact(version.source)}.",
            markup=False,
            highlight=False,
        )
    elif sha256_of_json(found) != wanted:
        kept = read_run_json(client, version.run_id, LIST) or {}
        no_list = f"the list of its files, {LIST}, is lost or altered too"
        wrong = _differences(kept, found) if sha256_of_json(kept) == wanted else no_list
        raise SeqopsError(
            f"the bundle of {called} is not what was registered: {wrong} ({_location(client, version)}). "
            "Its code was not run. Restore the files, or promote another version."
        )
    return bundle


def _copied(uri: str, scratch: Path) -> Path:
    to = scratch / "bundle"
    to.mkdir()
    bundle = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(to)))
    # earlier loads may have left bytecode in a local store; it is never executed
    for cache in [*bundle.rglob("__pycache__")]:
        shutil.rmtree(cache)
    (bundle / "registered_model_meta").unlink(missing_ok=True)
    return bundle


def _contents(bundle: Path) -> dict[str, str]:
    files = (path for path in bundle.rglob("*") if path.is_file())
    return {path.relative_to(bundle).as_posix(): sha256_of(path) for path in files}


def _differences(kept: Mapping[str, str], found: Mapping[str, str]) -> str:
    wrong = [
        f"{name} {'is missing' if name not in found else 'was added' if name not in kept else 'is altered'}"
        for name in sorted({*kept, *found})
        if kept.get(name) != found.get(name)
    ]
    more = f", and {len(wrong) - MAX_LISTED} more" if len(wrong) > MAX_LISTED else ""
    return ", ".join(wrong[:MAX_LISTED]) + more


def _location(client: mlflow.MlflowClient, version: ModelVersion) -> str:
    return redact(client.get_model_version_download_uri(version.name, str(version.version)))
