"""Vocabularies, their lookup and coverage, and the windows of a series."""

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
    """List the specials, then the items that occur at least `min_count` times, by frequency, ties by name."""
    counts = Counter(item for row in rows for item in row)
    kept = sorted((i for i, n in counts.items() if n >= min_count), key=lambda i: (-counts[i], i))
    return [*specials, *(item for item in kept if item not in specials)]


def index_of(vocabulary: Sequence[str]) -> dict[str, int]:
    """Map each item to its id; look up with `.get(item, UNKNOWN)`."""
    return {item: index for index, item in enumerate(vocabulary)}


def unknown_words(words: Iterable[str], vocabulary: Iterable[str]) -> list[str]:
    """List the distinct words that a vocabulary lacks, in order, without punctuation marks."""
    known = frozenset(vocabulary)
    return [word for word in dict.fromkeys(words) if word not in known and any(map(str.isalnum, word))]


def coverage_size(rows: Iterable[Iterable[str]], vocabulary: Sequence[str], part: float = 0.8) -> int:
    """Count the first items of a vocabulary that together cover the share `part` of all items of the rows."""
    counts = Counter(item for row in rows for item in row)
    running = np.cumsum([counts[item] for item in vocabulary])
    return min(int(np.searchsorted(running, part * counts.total())) + 1, len(vocabulary))


def rare_token_share(ids: Ragged, frequent: int) -> npt.NDArray[np.float64]:
    """Return the share of each row's items that are unknown or not among the first `frequent`: (n,).

    Unknown items alone are not comparable: the rows that the vocabulary was built from have hardly any.
    Frequent items occur equally in those rows and in others.
    """
    return share((ids.values == UNKNOWN) | (ids.values >= frequent), ids)


def share(mask: npt.NDArray[np.bool_], rows: Ragged) -> npt.NDArray[np.float64]:
    """Return the share of each row's items that a mask (N,) over all items selects: (n,)."""
    counts = np.concatenate([[0], np.cumsum(mask)])
    shares: npt.NDArray[np.float64] = np.diff(counts[rows.offsets]) / np.maximum(rows.lengths, 1)
    return shares


def windows(length: int, size: int, step: int = 1) -> npt.NDArray[np.int64]:
    """Return the starts of the windows of `size` that fit in `length` rows.

    Raises ValueError if none fits.
    """
    if length < size:
        raise ValueError(f"a series of {length} rows is shorter than one window of {size}")
    return np.arange(0, length - size + 1, step, dtype=np.int64)
