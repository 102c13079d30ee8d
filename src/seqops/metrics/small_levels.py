"""Tests at levels that are too small for the number of resamples."""

from __future__ import annotations

from scipy.stats import norm

from seqops.metrics.paired_tests import Difference

HALF_WIDTH = float(norm.isf(0.025))
"""Half the width of a 95 % interval in standard errors."""
MIN_BEYOND = 10
"""Resamples expected beyond a level, below which the share of resamples does not resolve it."""


def beats_at(difference: Difference, level: float, resamples: int) -> bool:
    """Return whether the first system is better at a one-sided level, which may be below 1 / resamples.

    The p-value of a t test decides at every level. If resamples do not resolve the level, the difference must
    also exceed the quantile of a normal distribution, with the standard error of the 95 % interval (Efron and
    Tibshirani 1993, section 13.2); if it has no interval, it is not better.
    """
    if difference.freedom is not None:
        return difference.outcome(level) == "beats"
    resolved = MIN_BEYOND / (resamples + 1)
    if not difference.value > 0 or difference.outcome(max(level, resolved)) != "beats":
        return False
    if level >= resolved:
        return True
    if difference.low is None or difference.high is None:
        return False
    error = (difference.high - difference.low) / (2 * HALF_WIDTH)
    return bool(difference.value > norm.isf(level) * error)
