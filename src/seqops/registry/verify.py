"""A bundle is what was registered, every file of it, before any of its code runs.

The version's tag holds the hash of a list of all files; the list itself is kept beside the run. So whoever
can write to the artifact store, but not to the registry, can change nothing unseen.
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
NAMED = 5  # files that a refusal names


def record_files(run: TrainingRun, uri: str) -> str:
    """Keep the list of a bundle's files beside its run; return its hash, for the version's tag."""
    with tempfile.TemporaryDirectory() as scratch:
        found = _contents(_copied(uri, Path(scratch)))
        write_json(Path(scratch) / LIST, found)
        run.log_artifact(Path(scratch) / LIST)
    return sha256_of_json(found)


def verified_copy(client: mlflow.MlflowClient, version: ModelVersion, scratch: Path) -> Path:
    """Copy the bundle of a version into a folder, and return where it may be loaded from.

    A copy, so that nobody can change it after it was looked at. Raises SeqopsError where it is lost, or
    not what was registered; a version that was registered without a hash is only warned of.
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
        lost = f"the list of its files, {LIST}, is lost or altered too"
        wrong = _differences(kept, found) if sha256_of_json(kept) == wanted else lost
        raise SeqopsError(
            f"the bundle of {called} is not what was registered: {wrong} ({_place(client, version)}). "
            "None of its code was run. Restore the files, or promote another version."
        )
    return bundle


def _copied(uri: str, scratch: Path) -> Path:
    to = scratch / "bundle"
    to.mkdir()
    bundle = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(to)))
    # what earlier loads may have left in a store on this disk: compiled code is never taken from there
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
    more = f", and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return ", ".join(wrong[:NAMED]) + more


def _place(client: mlflow.MlflowClient, version: ModelVersion) -> str:
    return redact(client.get_model_version_download_uri(version.name, str(version.version)))
