"""The current test rows that a version was fitted or chosen on, from the keys of rows in its bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.ragged import Split
from seqops.preprocessing.row_keys import Hashes, fitted_keys, with_known_key

FILE = "fitted_keys.npy"


def write_fitted_keys(splits: Mapping[str, Split], folder: Path) -> Path:
    """Write the keys of the training and validation rows, for the bundle; return the file."""
    np.save(folder / FILE, fitted_keys(splits), allow_pickle=False)
    return folder / FILE


def seen_rows(truth: Split, version: ModelVersion) -> npt.NDArray[np.bool_]:
    """Mask the test rows that share a key with a training or validation row of a version: (n,).

    Raises SeqopsError if its bundle has no keys, because it was registered by an earlier release.
    """
    return with_known_key(truth, _read(version))


def _read(version: ModelVersion) -> Hashes:
    folder = f"models:/{version.name}/{version.version}/artifacts"
    if not any(file.path.endswith(FILE) for file in mlflow.artifacts.list_artifacts(folder)):
        raise SeqopsError(
            "it was registered without the keys of its training rows, so that the current test rows may be "
            "among them"
        )
    with tempfile.TemporaryDirectory() as scratch:
        path = mlflow.artifacts.download_artifacts(f"{folder}/{FILE}", dst_path=scratch)
        keys: Hashes = np.load(path, allow_pickle=False)
    return keys
