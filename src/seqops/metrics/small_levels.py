"""Tests at levels that are too small for the number of resamples."""

from __future__ import annotations

from seqops.metrics.dependence import t_quantile
from seqops.metrics.paired_tests import Difference

MIN_BEYOND = 10
"""Resamples expected beyond a level, below which the share of resamples does not resolve it."""


def beats_at(difference: Difference, level: float, resamples: int) -> bool:
    """Return whether the first system is better at a one-sided level, which may be below 1 / resamples.

    The p-value of a t test decides at every level. If resamples do not resolve the level, the difference must
    also exceed the quantile of a t distribution, with the standard error of the 95 % interval (Efron and
    Tibshirani 1993, section 12.4); if it has no interval, it is not better.
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
    freedom = difference.units - 1
    error = (difference.high - difference.low) / (2 * t_quantile(freedom))
    return bool(difference.value > t_quantile(freedom, 1 - level) * error)
