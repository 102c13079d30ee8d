"""Reading arrays of HDF5 files, without what would read other files: links and external storage."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError

FIX = "It is damaged, or not a file of weights: download it again."
NUMBERS = "fiu"
"""Kinds of the types that are read: floating-point numbers and integers."""


def read_hdf5(content: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of numbers of a file by their paths in it; name: of the file, for errors.

    Raises DataError for a file that is damaged, or that refers to other files.
    """
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return {path: np.asarray(array) for path, array in _arrays(name, file, "")}
    except DataError:
        raise
    except Exception:  # h5py raises whatever its library reports
        raise DataError(f"{name}: not a readable HDF5 file. {FIX}") from None


def _arrays(name: str, group: h5py.Group, inside: str) -> Iterator[tuple[str, h5py.Dataset]]:
    for key in group:
        path = f"{inside}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise _refers(name, path)
        item = group[key]
        if isinstance(item, h5py.Group):
            yield from _arrays(name, item, f"{path}/")
        elif item.external or item.is_virtual:
            raise _refers(name, path)
        elif item.dtype.kind in NUMBERS:
            yield path, item


def _refers(name: str, path: str) -> DataError:
    return DataError(f"{name}: {path} refers to another place or file, which is not read. Save it whole.")
