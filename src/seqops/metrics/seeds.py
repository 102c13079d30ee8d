"""A score over several seeds of the same fit: mean, spread, and an interval over seeds and rows together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.metrics.dependence import t_quantile
from seqops.metrics.influence import influences
from seqops.metrics.intervals import Interval, ends_at, error_over_units, limits_of_few, within
from seqops.metrics.rounding import rounded
from seqops.metrics.transforms import transform_of
from seqops.metrics.units import independent, too_few

Floats = npt.NDArray[np.float64]
MIN_SEEDS = 3
"""Seeds that an interval needs: the spread of two has one degree of freedom."""
NEGLIGIBLE = 1e-12
"""Spread over seeds, as a share of the largest value, that is only the rounding of sums."""


@dataclass(frozen=True)
class SeedScores:
    """A score of one model with several seeds on the same rows.

    values: of each seed; interval: the mean over seeds, with its interval over seeds and rows.
    """

    values: tuple[float, ...]
    interval: Interval

    @classmethod
    def of(cls, scores: Sequence[Score]) -> SeedScores:
        """Summarize the score of each seed (at least two) on the same rows."""
        return cls(tuple(score.point() for score in scores), interval_over_seeds(scores))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values; `value` is the mean, `sd` the standard deviation over seeds."""
        return {
            **self.interval.to_json(),
            "values": [rounded(value) for value in self.values],
            "min": rounded(np.min(self.values)),
            "max": rounded(np.max(self.values)),
            "sd": rounded(math.sqrt(len(self.values) * variance_of_mean(np.array(self.values)))),
        }


def interval_over_seeds(scores: Sequence[Score]) -> Interval:
    """Return the mean over seeds of a score, and its 95 % interval for other seeds and other rows.

    The variance is that over rows of the statistics averaged over seeds, plus that over seeds of the mean:
    both vary a published score (Bouthillier et al. 2021, section 3). t interval with the degrees of freedom
    of Satterthwaite (1946), on the scale of the score. Where few units carry the variance over rows, the
    distances to their limits and to those over seeds are added as squares (Zou and Donner 2008).
    """
    mean = over_seeds(scores)
    units = mean.by_unit()
    values = np.array([score.point() for score in scores])
    value, number = float(values.mean()), independent(mean, len(units))
    undefined = "" if np.isfinite(values).all() else "undefined"
    few = f"{len(values)} seeds" if len(values) < MIN_SEEDS else ""
    if reason := mean.without_interval() or too_few(mean, units) or undefined or few:
        return Interval(value, None, None, number, reason)
    return Interval(value, *_ends(mean, value, units, variance_of_mean(values), len(values) - 1), number)


def _ends(mean: Score, value: float, units: Floats, over: float, freedom: int) -> tuple[float, float]:
    """Return the ends of the interval; over: variance over seeds of the mean, with `freedom` degrees."""
    centred, scale = influences(mean.value, units), transform_of(mean.limits, value)
    error, freedom_of_units = error_over_units(mean, centred)
    if limits := limits_of_few(mean, value, units, centred, error):
        apart = t_quantile(freedom) * math.sqrt(over)
        others = ends_at(scale, value, (-apart, apart))
        low, high = (math.hypot(a - value, b - value) for a, b in zip(limits, others, strict=True))
        return within(mean, (value - low, value + high))
    variances = (error**2, over)
    if sum(variances) == 0:
        return value, value
    degrees = satterthwaite(variances, (freedom_of_units, freedom))
    half = t_quantile(degrees) * math.sqrt(sum(variances))
    return within(mean, ends_at(scale, value, (-half, half)))


def over_seeds(scores: Sequence[Score]) -> Score:
    """Return the score of the mean over seeds of the statistics of each row."""
    return replace(scores[0], statistics=np.mean([score.statistics for score in scores], axis=0))


def variance_of_mean(values: Floats) -> float:
    """Return the variance of the mean over seeds; rounding errors are no spread."""
    if np.ptp(values) <= NEGLIGIBLE * np.abs(values).max():
        return 0.0
    return float(values.var(ddof=1)) / len(values)


def satterthwaite(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Return the degrees of freedom of a sum of estimated variances (Satterthwaite 1946); not all are 0."""
    parts = (variance**2 / freedom for variance, freedom in zip(variances, freedoms, strict=True))
    return sum(variances) ** 2 / sum(parts)
