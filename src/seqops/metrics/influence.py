"""Influence of each unit on a score, by linearisation: the infinitesimal jackknife."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Value = Callable[[Floats], Floats]
STEP = 1e-4
"""Step of the numeric derivative, as a share of a sum."""
NEGLIGIBLE = 1e-9
"""Share of what units add below which an influence is zero."""


def gradient(value: Value, sums: Floats) -> Floats:
    """Return the derivative of a score by each of its sums: (..., k) to (..., k).

    It is 0 by a sum of 0, because no unit adds to that.
    """
    slopes = np.zeros_like(sums)
    for j in range(sums.shape[-1]):
        step = np.zeros_like(sums)
        step[..., j] = STEP * np.abs(sums[..., j])
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = value(sums + step) - value(sums - step)
            slopes[..., j] = np.where(step[..., j] > 0, rise / (2 * step[..., j]), 0.0)
    return slopes


def influences(value: Value, units: Floats) -> Floats:
    """Return what each unit adds to the score, less the mean: (units,) of statistics (units, k).

    The sum of their squares is the variance of the score (Efron 1982, chapter 6).
    """
    slopes = gradient(value, units.sum(axis=0))
    added = units @ slopes
    centred: Floats = added - added.mean()
    # the rounding errors of the derivative are no influence
    return np.where(np.abs(centred) < NEGLIGIBLE * (np.abs(units) @ np.abs(slopes)).max(), 0.0, centred)


def standard_error(centred: Floats) -> float:
    """Return the standard error of a score from the influences of independent units: (units,)."""
    n = len(centred)
    return float(np.sqrt(np.square(centred).sum() * n / max(n - 1, 1)))


def carriers(centred: Floats) -> float:
    """Return the effective number of units that carry the variance: (sum of squares)^2 / sum of 4th powers.

    For a share it is about the number of successes or of failures, whichever is rarer.
    """
    squares = np.square(centred)
    fourth = float(np.square(squares).sum())
    return float(squares.sum() ** 2 / fourth) if fourth > 0 else 0.0
