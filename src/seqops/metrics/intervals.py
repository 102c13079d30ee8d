"""95 % intervals of scores over the units of the test split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.metrics.resampling import weights
from seqops.metrics.rounding import rounded
from seqops.metrics.units import independent, too_few

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
    """Bootstrap the 95 % percentile interval of a score (Efron and Tibshirani 1993, section 13.3)."""
    sums = score.by_unit()
    units = independent(score, len(sums))
    if reason := too_few(score, len(sums)):
        return Interval(score.point(), None, None, units, reason)
    values = resampled(score, sums, resamples, seed)
    low, high = percentiles(values)
    return Interval(score.point(), low, high, units, "undefined" if low is None else "")


def resampled(score: Score, sums: Floats, resamples: int, seed: int) -> Floats:
    """Return the values of a score on resamples of its units; sums: (units, k)."""
    return np.concatenate([score.value(w @ sums) for w in weights(len(sums), score.block, resamples, seed)])


def percentiles(values: Floats) -> tuple[float, float] | tuple[None, None]:
    """Return the 2.5th and the 97.5th percentile of the defined values."""
    defined: Any = values[np.isfinite(values)]
    if not len(defined):
        return None, None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
