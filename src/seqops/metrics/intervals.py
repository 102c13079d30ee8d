"""95 % intervals of scores over the units of the test split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.metrics.dependence import cosine_terms, long_run_error, t_quantile
from seqops.metrics.influence import carriers, influences, standard_error
from seqops.metrics.rare_events import FEW, share_limits
from seqops.metrics.resampling import bootstrap
from seqops.metrics.rounding import rounded
from seqops.metrics.transforms import Transform, transform_of
from seqops.metrics.units import counting, independent, too_few

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval.

    low, high: None if there is no interval, and `reason` says why; units: number of independent units.
    """

    value: float
    low: float | None
    high: float | None
    units: int
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values; `reason` only if there is no interval."""
        numbers = {"value": rounded(self.value), "low": rounded(self.low), "high": rounded(self.high)}
        return {**numbers, "units": self.units, **({"reason": self.reason} if self.reason else {})}


def interval(score: Score, resamples: int, seed: int) -> Interval:
    """Return the 95 % interval of a score.

    Dependent units: t interval with the long-run variance of their influences. Independent units: studentised
    bootstrap (Efron and Tibshirani 1993, section 12.5); a score near a limit that few units keep from it:
    limits of a share. Positive scores are treated on a log scale, bounded ones on a logit scale.
    """
    units = score.by_unit()
    number = independent(score, len(units))
    value = score.point()
    undefined = "" if np.isfinite(value) else "undefined"
    reason = score.without_interval() or too_few(score, units) or undefined
    if reason:
        return Interval(value, None, None, number, reason)
    low, high = _ends(score, value, units, resamples, seed)
    return Interval(value, low, high, number)


def _ends(score: Score, value: float, units: Floats, resamples: int, seed: int) -> tuple[float, float]:
    centred = influences(score.value, units)
    error, freedom = error_over_units(score, centred)
    scale = transform_of(score.limits, value)
    if limits := limits_of_few(score, value, units, centred, error):
        return limits
    if score.block > 1:
        half = t_quantile(freedom) * error
        return ends_at(scale, value, (-half, half))
    if error == 0:
        return value, value
    return within(
        score, ends_at(scale, value, _studentised(score, scale, value, error, units, resamples, seed))
    )


def error_over_units(score: Score, centred: Floats) -> tuple[float, int]:
    """Return the standard error of a score and its degrees of freedom, from influences of units: (units,)."""
    if score.block > 1:
        terms = cosine_terms(len(centred), score.block)
        return long_run_error(centred, terms), terms
    return standard_error(centred), len(centred) - 1


def limits_of_few(
    score: Score, value: float, units: Floats, centred: Floats, error: float
) -> tuple[float, float] | None:
    """Return the limits of a bounded score whose variance few units carry; None for any other score.

    units, centred, error: statistics by unit (units, k), their influences (units,), and the standard error
    from them.
    """
    limits = bounds(score)
    if not np.isfinite(limits).all():
        return None
    counts = counting(units)
    if score.block > 1 and error == 0:
        blocks = np.arange(0, len(centred) - score.block + 1, score.block)
        counts, centred = np.logical_or.reduceat(counts, blocks), np.add.reduceat(centred, blocks)
    elif score.block > 1 or carriers(centred) >= FEW:
        return None
    failed = score.border.failed(units.sum(axis=0)) if score.border else 0.0
    return _near_limit(*limits, value, centred[counts], failed)


def _near_limit(low: float, high: float, value: float, centred: Floats, failed: float) -> tuple[float, float]:
    """Return the limits of a score from what its units add to its distance from the nearer limit."""
    width, n = high - low, len(centred)
    worst = min(failed / (n * width), 1.0)
    if 2 * value > low + high:
        least, most = share_limits(((high - value) / n - centred) / width, worst=worst)
        return high - most * width, high - least * width
    least, most = share_limits(((value - low) / n + centred) / width, worst=worst)
    return low + least * width, low + most * width


def bounds(score: Score) -> tuple[float, float]:
    """Return the smallest and the largest possible value of a score; infinite where there is none."""
    return score.border.limits if score.border else score.limits or (-np.inf, np.inf)


def within(score: Score, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of an interval, cut at the limits of the score."""
    least, most = bounds(score)
    return max(least, ends[0]), min(most, ends[1])


def _studentised(
    score: Score, scale: Transform, value: float, error: float, units: Floats, resamples: int, seed: int
) -> tuple[float, float]:
    """Return the distances of the ends from the value, in its own unit, by the quantiles of t."""
    values, errors = bootstrap(score.value, units, resamples, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = scale.forward(np.asarray(value, np.float64))
        ratios = (scale.forward(values) - point) / (errors * scale.slope(values))
    below, above = np.quantile(ratios[np.isfinite(ratios)], [0.975, 0.025])
    return -float(below) * error, -float(above) * error


def ends_at(scale: Transform, value: float, distances: tuple[float, float]) -> tuple[float, float]:
    """Return the ends at distances from the value, which the slope of the scale converts to the scale."""
    point = np.asarray(value, np.float64)
    ends = scale.back(scale.forward(point) + np.asarray(distances) * scale.slope(point))
    return float(ends[0]), float(ends[1])
