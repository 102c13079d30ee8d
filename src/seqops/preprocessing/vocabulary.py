"""Vocabularies: learnt, looked up, and how much of a text they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Ragged

PAD, UNKNOWN = 0, 1


def build_vocabulary(
    rows: Iterable[Iterable[str]], min_count: int = 1, specials: Sequence[str] = ("<pad>", "<unk>")
) -> list[str]:
    """List the specials, then the items seen at least `min_count` times, frequent first, ties by name."""
    counts = Counter(item for row in rows for item in row)
    kept = sorted((i for i, n in counts.items() if n >= min_count), key=lambda i: (-counts[i], i))
    return [*specials, *(item for item in kept if item not in specials)]


def index_of(vocabulary: Sequence[str]) -> dict[str, int]:
    """Map each item to its place; look up with `.get(item, UNKNOWN)`."""
    return {item: place for place, item in enumerate(vocabulary)}


def coverage_size(rows: Iterable[Iterable[str]], vocabulary: Sequence[str], part: float = 0.8) -> int:
    """Count the first items of a vocabulary that make up `part` of all that stands in some rows."""
    counts = Counter(item for row in rows for item in row)
    running = np.cumsum([counts[item] for item in vocabulary])
    return min(int(np.searchsorted(running, part * counts.total())) + 1, len(vocabulary))


def rare_token_share(ids: Ragged, frequent: int) -> npt.NDArray[np.float64]:
    """Return the share of each row's items that are unknown, or not of the first `frequent`: (n,).

    Unknown ones alone would not do: there are hardly any in the rows that taught the vocabulary, whatever
    the rest. What makes up most of a text is known as well to rows that did not teach it.
    """
    return share((ids.values == UNKNOWN) | (ids.values >= frequent), ids)


def share(held: npt.NDArray[np.bool_], rows: Ragged) -> npt.NDArray[np.float64]:
    """Return the share of each row's items that something holds of: (n,); held: of each item (N,)."""
    before = np.concatenate([[0], np.cumsum(held)])
    shares: npt.NDArray[np.float64] = np.diff(before[rows.offsets]) / np.maximum(rows.lengths, 1)
    return shares


def windows(length: int, size: int, step: int = 1) -> npt.NDArray[np.int64]:
    """Return the starts of the windows of `size` that fit in `length` rows.

    Raises ValueError where not one fits.
    """
    if length < size:
        raise ValueError(f"a series of {length} rows is shorter than one window of {size}")
    return np.arange(0, length - size + 1, step, dtype=np.int64)
