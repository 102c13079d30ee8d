"""Losses of quantile forecasts and of prediction intervals. Unknown targets are NaN."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVELS = (0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975)
"""The levels of a quantile forecast: 0.05, 0.1 ... 0.95, and the ends of the 95 % interval."""
DECILES = tuple(round(0.1 * i, 1) for i in range(1, 10))
"""The levels of the weighted quantile loss."""
INTERVALS = {"80": (0.1, 0.9), "95": (0.025, 0.975)}
"""The levels of the ends of each interval that is reported, by its nominal coverage in percent."""


def column(level: float) -> str:
    """Return the name of the column of predictions with the quantile of a level, such as `q0.1`."""
    return f"q{level:g}"


def inside(truth: Floats, low: Floats, high: Floats) -> Floats:
    """1 if the truth lies in the interval, 0 outside, NaN if either is unknown."""
    covered = (low <= truth) & (truth <= high)
    return np.where(np.isnan(truth + low + high), np.nan, covered)


def width(truth: Floats, low: Floats, high: Floats) -> Floats:
    """Return the width of the interval, NaN if the truth is unknown."""
    return np.where(np.isnan(truth), np.nan, high - low)


def interval_loss(truth: Floats, low: Floats, high: Floats, alpha: float) -> Floats:
    """Add 2 / alpha times the distance of a truth outside to the width (Gneiting and Raftery 2007, 6.2).

    Divided by the scale of the MASE, its mean is the MSIS of the M4 competition (Makridakis et al. 2020).
    """
    below, above = np.maximum(low - truth, 0.0), np.maximum(truth - high, 0.0)
    return high - low + 2 / alpha * (below + above)


def pinball(truth: Floats, quantile: Floats, level: float) -> Floats:
    """Return the pinball loss of a quantile (Koenker and Bassett 1978)."""
    error = truth - quantile
    return np.maximum(level * error, (level - 1) * error)
