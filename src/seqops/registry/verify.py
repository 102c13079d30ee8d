"""Verification that the files of a bundle are those that were registered, before its code runs.

The version holds the hash of a list of all files; the list is an artefact of the run. So a change
by anyone who can write to the artifact store, but not to the registry, is detected.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import sha256_of, sha256_of_json, write_json
from seqops.core.redaction import redact
from seqops.registry.tags import tags_of
from seqops.runtime.console import err

if TYPE_CHECKING:
    import mlflow
    from mlflow.entities.model_registry import ModelVersion

    from seqops.registry.lookup import LocalVersion
    from seqops.tracking.mlflow_runs import TrainingRun

    Version: TypeAlias = ModelVersion | LocalVersion

BUNDLE = "seqops.bundle_sha256"
FORMER_LIST = "bundle.json"
NOT_FOUND = 404
MAX_LISTED = 5  # files that an error lists
NOT_COPIED = ("__pycache__", "registered_model_meta")
LINK = "link"
"""Stands for the hash of a link: no bundle is registered with one, and what it leads to may change."""


def record_files(run: TrainingRun, uri: str) -> str:
    """Log the list of a bundle's files to its run; return the hash of the list for the version."""
    with tempfile.TemporaryDirectory() as scratch:
        found = _contents(_copied(uri, Path(scratch)))
        digest = sha256_of_json(found)
        write_json(Path(scratch) / list_name(digest), found)
        run.log_artifact(Path(scratch) / list_name(digest))
    return digest


def list_name(digest: str) -> str:
    """Return the name of the list with a hash: a run may have bundles of several versions."""
    return f"bundle-{digest[:12]}.json"


class BundleError(SeqopsError):
    """The bundle of a version is missing, or not what was registered."""


def verified_copy(client: mlflow.MlflowClient, version: Version, scratch: Path) -> Path:
    """Copy the bundle of a version into a folder, verify the copy and return its path.

    A copy, so that it cannot be changed after verification. Raises BundleError if it is missing or not what
    was registered, SeqopsError if the store fails; a version registered without a hash only causes a warning.
    """
    bundle = _intact_copy(client, version, scratch)
    if BUNDLE not in tags_of(version):
        err.print(
            f"{_called(version)} was registered without the hash of its files, so they cannot be checked: "
            f"load it only if you trust whoever can write to {redact(version.source)}.",
            markup=False,
            highlight=False,
        )
    return bundle


def fault_of(client: mlflow.MlflowClient, version: Version) -> str:
    """Say that the bundle of a version is missing or altered; empty if it is what was registered."""
    try:
        with tempfile.TemporaryDirectory() as scratch:
            _intact_copy(client, version, Path(scratch))
    except BundleError as error:
        return str(error).partition(" (")[0]
    return ""


def _intact_copy(client: mlflow.MlflowClient, version: Version, scratch: Path) -> Path:
    try:
        bundle = _copied(_place(client, version), scratch)
    except Exception as error:
        if not _is_of_store(error):
            raise
        if not _is_missing(error):
            reason = redact(str(error).strip().splitlines()[0])
            raise SeqopsError(
                f"the bundle of {_called(version)} cannot be read: {reason}. Try again."
            ) from error
        raise _error(client, version, "is missing or incomplete") from error
    found, wanted = _contents(bundle), tags_of(version).get(BUNDLE)
    if not found:
        raise _error(client, version, "is missing")
    if wanted is not None and sha256_of_json(found) != wanted:
        what = f"is not what was registered: {_alterations(client, version, found)}"
        raise _error(client, version, what, "Its code was not run. ")
    return bundle


def _place(client: mlflow.MlflowClient, version: Version) -> str:
    """Return the folder of a bundle on this machine as an address, which MLflow does not read if a link
    leads out of it; else the source of the version.
    """
    if version.source.startswith("file:"):
        return version.source
    place = client.get_model_version_download_uri(version.name, str(version.version))
    return place if place.startswith("file:") else version.source


def _is_of_store(error: Exception) -> bool:
    from mlflow.exceptions import MlflowException

    return isinstance(error, OSError | MlflowException)


def _is_missing(error: Exception) -> bool:
    """Return whether an error means that there is nothing, and not that the store failed."""
    if (status := getattr(error, "get_http_status_code", None)) is not None:
        return int(status()) == NOT_FOUND
    response = getattr(error, "response", None)
    if response is not None:
        return int(response.status_code) == NOT_FOUND
    return isinstance(error, FileNotFoundError)


def _error(client: mlflow.MlflowClient, version: Version, what: str, also: str = "") -> BundleError:
    from seqops.tracking.connection import translate_store_errors

    with translate_store_errors():
        task = client.get_run(version.run_id).data.tags.get("seqops.task", "TASK")
        place = redact(client.get_model_version_download_uri(version.name, str(version.version)))
    return BundleError(
        f"the bundle of {_called(version)} {what} ({place}). {also}"
        f"If its weights are those on disk, `seqops publish {task}` registers it again; otherwise restore "
        "the files, or promote another version."
    )


def _called(version: Version) -> str:
    return f"version {version.version} of {version.name}"


def _copied(uri: str, scratch: Path) -> Path:
    to = scratch / "bundle"
    if uri.startswith("file:"):
        origin = unquote(urlsplit(uri).path)
        return Path(shutil.copytree(origin, to, symlinks=True, ignore=_not_copied))
    import mlflow

    to.mkdir()
    bundle = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(to)))
    # earlier loads may have left bytecode in a local store; it is never executed
    for cache in [*bundle.rglob("__pycache__")]:
        shutil.rmtree(cache)
    (bundle / "registered_model_meta").unlink(missing_ok=True)
    return bundle


def _not_copied(folder: str, names: list[str]) -> list[str]:
    """List what belongs to no bundle: what earlier loads have left, and pipes, which never end."""
    paths = {name: Path(folder, name) for name in names}
    return [
        name
        for name, path in paths.items()
        if name in NOT_COPIED or not (path.is_symlink() or path.is_file() or path.is_dir())
    ]


def _contents(bundle: Path) -> dict[str, str]:
    paths = (path for path in bundle.rglob("*") if path.is_symlink() or path.is_file())
    return {
        path.relative_to(bundle).as_posix(): LINK if path.is_symlink() else sha256_of(path) for path in paths
    }


def _alterations(client: mlflow.MlflowClient, version: Version, found: Mapping[str, str]) -> str:
    """List the files that differ from the recorded list, if that is what was registered."""
    from seqops.tracking.mlflow_runs import read_run_json

    registered = tags_of(version)[BUNDLE]
    for name in (list_name(registered), FORMER_LIST):
        with suppress(DataError, ValueError):
            kept = read_run_json(client, version.run_id, name)
            if sha256_of_json(kept) == registered:
                return _differences(kept, found)
    return "the list of its files is lost or altered too"


def _differences(kept: Mapping[str, str], found: Mapping[str, str]) -> str:
    wrong = [
        f"{name} {'is missing' if name not in found else 'was added' if name not in kept else 'is altered'}"
        for name in sorted({*kept, *found})
        if kept.get(name) != found.get(name)
    ]
    more = f", and {len(wrong) - MAX_LISTED} more" if len(wrong) > MAX_LISTED else ""
    return ", ".join(wrong[:MAX_LISTED]) + more
