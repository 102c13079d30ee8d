"""Ragged arrays, and splits: named columns over the same examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths, concatenated: row i is `values[offsets[i]:offsets[i + 1]]`.

    values: (N,) or (N, D); offsets: (n + 1,) int64, ascending from 0 to N.
    """

    values: Array
    offsets: npt.NDArray[np.int64]

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[Any] | Array], dtype: npt.DTypeLike) -> Ragged:
        """Concatenate rows; an empty list of rows gives an empty, one-dimensional array."""
        arrays = [np.asarray(row, dtype=dtype) for row in rows]
        # an empty row has one dimension, whatever the other rows have
        nonempty = [a for a in arrays if len(a)] or arrays[:1]
        values = np.concatenate(nonempty) if nonempty else np.zeros(0, dtype)
        offsets = np.zeros(len(arrays) + 1, np.int64)
        np.cumsum([len(a) for a in arrays], out=offsets[1:])
        return cls(values, offsets)

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Ragged:
        """Store texts as ragged UTF-8 bytes."""
        return cls.from_rows((np.frombuffer(t.encode("utf-8"), np.uint8) for t in texts), np.uint8)

    def texts(self) -> list[str]:
        """Decode the texts that `from_texts` stored."""
        return [self[i].tobytes().decode("utf-8") for i in range(len(self))]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Array:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Length of each row: (n,)."""
        return np.diff(self.offsets)

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        """Where each row ends in `values`: (n,)."""
        return self.offsets[1:]

    def take(self, rows: Array) -> Ragged:
        """Return the selected rows; rows: indices, whose order is kept, or a mask (n,)."""
        selected = np.arange(len(self))[rows] if len(rows) else np.zeros(0, np.int64)
        lengths = self.lengths[selected]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        # the old index of each value minus its new index
        shift = np.repeat(self.offsets[selected] - offsets[:-1], lengths)
        return Ragged(self.values[np.arange(len(shift)) + shift], offsets)

    def padded(self, value: float = 0) -> Array:
        """Return an array (n, longest[, D]), padded on the right."""
        lengths = self.lengths
        longest = int(lengths.max(initial=0))
        out = np.full((len(self), longest, *self.values.shape[1:]), value, self.values.dtype)
        out[np.arange(longest) < lengths[:, None]] = self.values
        return out


@dataclass(frozen=True)
class Slices(Ragged):
    """Rows that are parts of one array and may overlap: row i is `values[offsets[i, 0]:offsets[i, 1]]`.

    values: (N,) or (N, D), stored once, however many rows share them; offsets: (n, 2) int64.
    """

    def __getitem__(self, row: int) -> Array:
        return self.values[self.offsets[row, 0] : self.offsets[row, 1]]

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Length of each row: (n,)."""
        return self.offsets[:, 1] - self.offsets[:, 0]

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        """Where each row ends in `values`: (n,)."""
        return self.offsets[:, 1]

    def take(self, rows: Array) -> Slices:
        """Return the selected rows, which share the values; rows: indices or a mask (n,)."""
        return Slices(self.values, self.offsets[rows])

    def stacked(self) -> Array:
        """Return rows of one length as an array (n, length[, D])."""
        length = int(self.lengths[0]) if len(self) else 0
        if (self.lengths != length).any():
            raise ValueError("rows of different lengths cannot be stacked")
        stacked: Array = self.values[self.offsets[:, :1] + np.arange(length)]
        return stacked

    def padded(self, value: float = 0) -> Array:
        """Return an array (n, longest[, D]), padded on the right."""
        return Ragged.from_rows((self[i] for i in range(len(self))), self.values.dtype).padded(value)


def ragged(values: Array, offsets: npt.NDArray[np.int64]) -> Ragged:
    """Return the ragged column that these arrays store."""
    return Slices(values, offsets) if offsets.ndim == 2 else Ragged(values, offsets)


@dataclass(frozen=True)
class Split:
    """Named columns over the same examples, ragged or plain (n, ...)."""

    columns: Mapping[str, Ragged | Array]

    def __post_init__(self) -> None:
        sizes = {name: len(column) for name, column in self.columns.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"columns of one split differ in length: {sizes}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def ragged(self, name: str) -> Ragged:
        """Return the ragged column of that name."""
        column = self.columns[name]
        if not isinstance(column, Ragged):
            raise TypeError(f"column {name!r} is plain, not ragged")
        return column

    def plain(self, name: str) -> Array:
        """Return the plain column of that name."""
        column = self.columns[name]
        if isinstance(column, Ragged):
            raise TypeError(f"column {name!r} is ragged, not plain")
        return column

    def stacked(self, name: str) -> Array:
        """Return a plain column, or one of slices of one length, as an array (n, ...)."""
        column = self.columns[name]
        return column.stacked() if isinstance(column, Slices) else self.plain(name)

    def take(self, rows: Array) -> Split:
        """Return the selected rows of every column; rows: indices or a mask (n,)."""
        return Split(
            {
                name: column.take(rows) if isinstance(column, Ragged) else column[rows]
                for name, column in self.columns.items()
            }
        )


def concatenate(parts: Sequence[Split]) -> Split:
    """Concatenate splits by the columns that all of them have."""
    columns: dict[str, Ragged | Array] = {}
    for name in parts[0].columns:
        if any(name not in part.columns for part in parts):
            continue
        column = [part.columns[name] for part in parts]
        if not any(isinstance(part, Ragged) for part in column):
            columns[name] = np.concatenate([part.plain(name) for part in parts])
        else:
            columns[name] = _concatenate_ragged([_as_ragged(part) for part in column])
    return Split(columns)


def _as_ragged(column: Ragged | Array) -> Ragged:
    """Return the rows of an array (n, length, ...) as slices of it; ragged rows as they are."""
    if isinstance(column, Ragged):
        return column
    n, length = column.shape[:2]
    offsets = np.arange(n, dtype=np.int64)[:, None] * length + np.array([0, length])
    return Slices(column.reshape(n * length, *column.shape[2:]), offsets)


def _concatenate_ragged(parts: Sequence[Ragged]) -> Ragged:
    slices = [part for part in parts if isinstance(part, Slices)]
    if len(slices) == len(parts):
        return _concatenate_slices(slices)
    if slices:
        rows = (part[i] for part in parts for i in range(len(part)))
        return Ragged.from_rows(rows, parts[0].values.dtype)
    # an array without rows may have one dimension, whatever the others have
    values = [part.values for part in parts if len(part.values)] or [parts[0].values]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))])
    return Ragged(np.concatenate(values), offsets.astype(np.int64))


def _concatenate_slices(parts: Sequence[Slices]) -> Slices:
    before = np.cumsum([0, *(len(part.values) for part in parts[:-1])])
    offsets = [part.offsets + start for part, start in zip(parts, before, strict=True)]
    return Slices(np.concatenate([part.values for part in parts]), np.concatenate(offsets))
