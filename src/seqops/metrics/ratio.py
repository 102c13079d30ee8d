"""Ratios of sums of statistics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def divide(part: Floats, whole: Floats, empty: float = 0.0) -> Floats:
    """Divide (...,) by (...,); the result is `empty` where `whole` is 0."""
    return np.divide(part, whole, out=np.full_like(part, empty), where=whole > 0)


def ratio(sums: Floats) -> Floats:
    """Divide the first of sums (..., 2) by the second; NaN if the second is 0."""
    return divide(sums[..., 0], sums[..., 1], np.nan)
