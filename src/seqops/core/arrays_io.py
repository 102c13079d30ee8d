"""Reading and writing arrays and tables."""

from __future__ import annotations

import tokenize
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from seqops.core.files import atomic_directory, atomic_write, missing, unreadable
from seqops.core.ragged import Array, Ragged, Split, ragged


def write_splits(folder: Path, splits: Mapping[str, Split]) -> None:
    """Write `<split>/<column>.npy`, or `.values.npy` and `.offsets.npy` if ragged, atomically."""
    with atomic_directory(folder) as temporary:
        for split_name, split in splits.items():
            for name, column in split.columns.items():
                base = temporary / split_name
                if isinstance(column, Ragged):
                    _write_array(base / f"{name}.values.npy", column.values)
                    _write_array(base / f"{name}.offsets.npy", column.offsets)
                else:
                    _write_array(base / f"{name}.npy", column)


def read_splits(folder: Path) -> dict[str, Split]:
    """Open splits memory-mapped. Raises DataError if the folder is missing or an array is corrupt."""
    if not folder.is_dir():
        raise missing(folder)
    return {path.name: _read_split(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def _read_split(folder: Path) -> Split:
    columns: dict[str, Ragged | Array] = {}
    for path in sorted(folder.glob("*.npy")):
        name, _, part = path.name.removesuffix(".npy").partition(".")
        if part == "values":
            columns[name] = ragged(_open_array(path), _open_array(folder / f"{name}.offsets.npy"))
        elif not part:
            columns[name] = _open_array(path)
    return Split(columns)


def _write_array(path: Path, array: Array) -> None:
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _open_array(path: Path) -> Array:
    try:
        with suppress(ValueError):  # an empty file cannot be mapped
            return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))
        return np.asanyarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, SyntaxError, tokenize.TokenError) as error:
        raise unreadable(path, "an array", error) from None


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without an index."""
    with atomic_write(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Read a Parquet table. Raises DataError if it is missing or corrupt."""
    if not path.is_file():
        raise missing(path)
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise unreadable(path, "a table", error) from None


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays of numbers as an HDF5 file, atomically; equal arrays give equal bytes."""
    import h5py

    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)


def read_arrays(path: Path) -> dict[str, Array]:
    """Read the arrays of `write_arrays`. Raises DataError if the file is missing or corrupt."""
    import h5py

    if not path.is_file():
        raise missing(path)
    try:
        with h5py.File(path, "r") as file:
            return {name: np.asarray(file[name]) for name in file}
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise unreadable(path, "a file of arrays", error) from None
