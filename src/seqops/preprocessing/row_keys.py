"""Hashes of the content of rows: they assign splits, and tell which rows a model was trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split

Key = str | bytes
"""What identifies an example to a reader, such as its text, or the name of its group."""
Hashes = npt.NDArray[np.uint64]
KEYS = "keys"
"""Column of a split: the hashes of the keys of each row. Rows that share one are not independent, because
they are the same example or belong to one group."""


def key_hashes(keys: Iterable[Key], salt: int | None = None) -> Hashes:
    """Hash keys to 64 bits, the same on every machine: (n,); salt: gives other hashes of the same keys."""
    prefix = b"" if salt is None else f"{salt}\n".encode()
    digests = b"".join(hashlib.blake2b(prefix + _bytes(key), digest_size=8).digest() for key in keys)
    return np.frombuffer(digests, ">u8").astype(np.uint64)


def hash_fractions(keys: Iterable[Key], salt: int | None = None) -> npt.NDArray[np.float64]:
    """Map keys to [0, 1), the same on every machine: (n,)."""
    return key_hashes(keys, salt) / 2.0**64


def keys_column(*keys: Iterable[Key]) -> Ragged:
    """Return the column KEYS of rows with one key, or more; keys: each with one entry a row."""
    each = np.stack([key_hashes(of) for of in keys], axis=1)
    return Ragged(each.ravel(), np.arange(len(each) + 1, dtype=np.int64) * len(keys))


def fitted_keys(splits: Mapping[str, Split]) -> Hashes:
    """Return the hashes of all rows that a model was fitted or chosen on, sorted: (N,).

    Raises DataError if the rows have no keys.
    """
    return np.unique(np.concatenate([keys_of(splits[name]).values for name in ("train", "validation")]))


def with_known_key(rows: Split, known: Hashes) -> npt.NDArray[np.bool_]:
    """Mask the rows that have a known key: (n,); known: sorted. Raises DataError if they have no keys."""
    column = keys_of(rows)
    found = np.concatenate([[0], np.cumsum(np.isin(column.values, known))])
    return found[column.offsets[1:]] > found[column.offsets[:-1]]


def keys_of(split: Split) -> Ragged:
    """Return the keys of each row. Raises DataError if the rows have none."""
    if KEYS not in split.columns:
        raise DataError(
            f"the task's encoded rows have no column {KEYS!r}. Let Dataset.encode add "
            "`keys_column(...)` of seqops.preprocessing.row_keys."
        )
    return split.ragged(KEYS)


def _bytes(key: Key) -> bytes:
    return key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")
