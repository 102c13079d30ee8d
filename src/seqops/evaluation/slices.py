"""Slices of the test rows by length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def slices_by_length(
    lengths: npt.NDArray[np.int64], ranges: Mapping[str, tuple[int, float]]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Return a mask (n,) for each named range of lengths, both ends included."""
    return {name: (lengths >= low) & (lengths <= high) for name, (low, high) in ranges.items()}


def count_words(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the number of space-separated words of each text: (n,)."""
    return np.array([len(text.split()) for text in texts], np.int64)
