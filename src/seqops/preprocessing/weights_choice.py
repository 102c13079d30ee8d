"""The pretrained weights that `data.pretrained` names: of the store, or of a file of the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqops.core.array_cache import UNREADABLE
from seqops.core.errors import ConfigError, DataError
from seqops.core.interfaces import Meta
from seqops.core.project import Project
from seqops.preprocessing.hdf5_weights import read_hdf5
from seqops.preprocessing.pretrained_weights import PretrainedWeights, WeightsStore

NPZ, HDF5 = ".npz", ".h5"


def read_weights(name: str) -> PretrainedWeights:
    """Read weights by a name of the store, or by the path of a `.npz` or `.h5` file.

    Raises DataError if they are not here, or not readable, and ConfigError for a path that is not relative to
    the project.
    """
    if not name.endswith((NPZ, HDF5)):
        return WeightsStore.of_project().named(name)
    path = _file(name)
    if not path.is_file():
        raise DataError(f"data.pretrained: {name} does not exist. Give a path relative to the project.")
    if name.endswith(HDF5):
        return PretrainedWeights.of(read_hdf5(path.read_bytes(), name))
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return PretrainedWeights.of({key: arrays[key] for key in arrays.files})
    except UNREADABLE:
        raise DataError(f"data.pretrained: {name} is not a readable .npz file of arrays. Give one.") from None


def meta_of(name: str, weights: PretrainedWeights) -> Meta:
    """Return what a meta keeps of weights: their name and the hash of their content."""
    return {"name": name, "sha256": weights.sha256}


def weights_of(meta: Meta) -> PretrainedWeights:
    """Read the weights that a meta names. Raises DataError if they are not here, damaged or changed."""
    name, sha256 = meta["pretrained"]["name"], meta["pretrained"]["sha256"]
    if not name.endswith((NPZ, HDF5)):
        return WeightsStore.of_project().read(name, sha256)
    found = read_weights(name)
    if found.sha256 != sha256:
        raise DataError(
            f"data.pretrained: {name} has changed since `preprocess`. Run it again: `dvc repro --force "
            "preprocess@TASK`."
        )
    return found


def hdf5_file(name: str) -> Path | None:
    """Return the path of weights that are an HDF5 file; None for others."""
    return _file(name) if name.endswith(HDF5) else None


def _file(name: str) -> Path:
    if Path(name).is_absolute():
        raise ConfigError(f"data.pretrained: {name} is not relative to the project. Give a path inside it.")
    return Project.find().root / name
