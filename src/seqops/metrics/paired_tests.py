"""Paired tests of two systems on the same units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.metrics.dependence import cosine_terms, long_run_error, t_quantile, t_tails
from seqops.metrics.influence import carriers, influences, standard_error
from seqops.metrics.intervals import bounds
from seqops.metrics.rare_events import FEW, difference_limits
from seqops.metrics.resampling import bootstrap, swapped
from seqops.metrics.rounding import rounded
from seqops.metrics.units import counting, independent, too_few

Floats = npt.NDArray[np.float64]
Outcome = Literal["beats", "ties", "loses to", "undecided"]


@dataclass(frozen=True)
class Difference:
    """The improvement of the first system over the second (positive: better), with its 95 % interval.

    low, high: None if there is no interval; p_better, p_worse: one-sided p-values that the first is better,
    and that it is worse, None if there is no test; units: number of independent units; reason: why there is
    no interval or no test; freedom: degrees of freedom of a t test, None if resamples tell the p-values.
    """

    value: float
    low: float | None
    high: float | None
    p_better: float | None
    p_worse: float | None
    units: int
    reason: str = ""
    freedom: int | None = None

    def outcome(self, alpha: float) -> Outcome:
        """Return the outcome for the first system; both one-sided tests have the level `alpha`."""
        if self.p_better is None or self.p_worse is None:
            return "undecided"
        return "beats" if self.p_better < alpha else "loses to" if self.p_worse < alpha else "ties"

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values; `reason` and `freedom` only if there are any."""
        names = ("value", "low", "high", "p_better", "p_worse")
        numbers = {name: rounded(getattr(self, name)) for name in names}
        more = {name: found for name in ("reason", "freedom") if (found := getattr(self, name))}
        return {**numbers, "units": self.units, **more}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Difference:
        """Rebuild a difference from its JSON values.

        Former releases stored one `p`, that the first system is better; its complement is that it is worse.
        """
        value = float("nan") if stored["value"] is None else stored["value"]
        better = stored["p_better"] if "p_better" in stored else stored["p"]
        worse = stored["p_worse"] if "p_worse" in stored else None if better is None else 1 - better
        known = stored["low"], stored["high"], better, worse, stored.get("units", 0)
        return cls(value, *known, stored.get("reason", ""), stored.get("freedom"))


def paired(ours: Score, theirs: Score, resamples: int, seed: int) -> Difference:
    """Compare two systems on the same units of the same rows.

    Dependent units: t test of the differences of their influences (Diebold and Mariano 1995) with fixed-b
    critical values. Independent units: random swaps of units between the two systems, exact if the two have
    the same distribution, and the studentised bootstrap, right if they have only the same score: the larger
    p-value counts. Where few units differ, swaps alone, and an interval from the limits of gains and losses.

    Raises ValueError if the two do not score the same rows with the same metric.
    """
    _require_same(ours, theirs)
    sign = 1.0 if ours.higher_is_better else -1.0
    value = sign * (ours.point() - theirs.point())
    both = _Pair(ours, ours.by_unit(), theirs.by_unit(), sign)
    number, reason = independent(ours, len(both.first)), too_few(ours, both.units)
    if not np.isfinite(value) or (reason and ours.block > 1):
        return Difference(value, None, None, None, None, number, reason or "undefined")
    if ours.block > 1:
        return both.dependent(value, number)
    better, worse = both.swaps(value, resamples, seed)
    if reason:
        return Difference(value, None, None, better, worse, number, reason)
    if both.few:
        low, high = both.limits(value)
        return Difference(value, low, high, better, worse, number)
    low, high, p_better, p_worse = both.studentised(value, resamples, seed)
    return Difference(value, low, high, max(better, p_better), max(worse, p_worse), number)


def _require_same(ours: Score, theirs: Score) -> None:
    same_units = np.array_equal(ours.unit_of_row(), theirs.unit_of_row())
    if ours.name != theirs.name or ours.statistics.shape != theirs.statistics.shape or not same_units:
        raise ValueError(f"not the same rows or metric: {ours.name} and {theirs.name}")


@dataclass(frozen=True)
class _Pair:
    """Statistics of two systems by unit, (units, k) each; sign: 1 if a higher score is better, else -1."""

    score: Score
    first: Floats
    second: Floats
    sign: float

    def difference(self, both: Floats) -> Floats:
        """Return the improvement of sums (..., 2 k), those of the first system first."""
        k = self.first.shape[1]
        values: Floats = self.sign * (self.score.value(both[..., :k]) - self.score.value(both[..., k:]))
        return values

    @cached_property
    def units(self) -> Floats:
        """Return the statistics of both systems side by side: (units, 2 k)."""
        return np.concatenate([self.first, self.second], axis=1)

    @cached_property
    def centred(self) -> Floats:
        """Return the influence of each unit on the improvement: (units,)."""
        return influences(self.difference, self.units)

    def dependent(self, value: float, number: int) -> Difference:
        """Compare the two by the long-run variance of the influences."""
        terms = cosine_terms(len(self.units), self.score.block)
        error = long_run_error(self.centred, terms)
        if error == 0:
            certain = float(value <= 0), float(value >= 0)
            return Difference(value, value, value, *certain, number, freedom=terms)
        better, worse = t_tails(value / error, terms)
        half = t_quantile(terms) * error
        return Difference(value, value - half, value + half, better, worse, number, freedom=terms)

    def swaps(self, value: float, resamples: int, seed: int) -> tuple[float, float]:
        """Return the one-sided p-values by swaps; a sampled one counts the observed pattern, too."""
        values, everything = swapped(self.score.value, self.first, self.second, resamples, seed)
        values, close = self.sign * values, 1e-12 * (1 + abs(value))
        added = 0 if everything else 1
        better = (np.count_nonzero(values >= value - close) + added) / (len(values) + added)
        worse = (np.count_nonzero(values <= value + close) + added) / (len(values) + added)
        return float(better), float(worse)

    @property
    def few(self) -> bool:
        """Return whether few units tell two systems with a bounded score apart."""
        return self._width is not None and carriers(self.centred) < FEW

    @property
    def _width(self) -> float | None:
        low, high = bounds(self.score)
        return high - low if np.isfinite(high - low) else None

    def limits(self, value: float) -> tuple[float, float]:
        """Return the 95 % limits of the improvement from those of the gains and of the losses."""
        width, centred = self._width or 1.0, self.centred[counting(self.units)]
        border, sums = self.score.border, self.first.sum(axis=0) + self.second.sum(axis=0)
        worst = min(border.failed(sums) / (len(centred) * width), 1.0) if border else 0.0
        low, high = difference_limits((centred + value / len(centred)) / width, worst)
        return low * width, high * width

    def studentised(self, value: float, resamples: int, seed: int) -> tuple[float, float, float, float]:
        """Return the 95 % limits of the improvement, and the p-values that it is above and below 0.

        The wider of the t interval, which is right for symmetric differences, and of the studentised
        bootstrap, which is right for skewed ones but varies where some differences are large.
        """
        error = standard_error(self.centred)
        if error == 0:
            return value, value, float(value <= 0), float(value >= 0)
        values, errors = bootstrap(self.difference, self.units, resamples, seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = (values - value) / errors
        ratios = ratios[np.isfinite(ratios)]
        below, above = np.quantile(ratios, [0.975, 0.025])
        half = t_quantile(len(self.units) - 1)
        better, worse = (
            (np.count_nonzero(beyond) + 1) / (len(ratios) + 1)
            for beyond in (ratios >= value / error, ratios <= value / error)
        )
        return value - max(below, half) * error, value + max(-above, half) * error, better, worse
