"""What modified Kneser-Ney smoothing subtracts from the counts of n-grams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])
"""Discounts where the counts of counts give none, as in KenLM (Heafield 2011)."""


def closed_form(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the discounts of counts 0, 1, 2, and 3 or more: (4,) (Chen and Goodman 1999, equation 26)."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == k)) for k in range(1, 5))
    if not (n1 and n2 and n3):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    found = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return found if np.all((found[1:] > 0) & (found[1:] <= [1, 2, 3])) else FALLBACK
