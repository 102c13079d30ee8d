"""Paired tests of two systems on the same units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqops.core.score import Score
from seqops.metrics.intervals import percentiles, resampled
from seqops.metrics.rounding import rounded
from seqops.metrics.units import independent, too_few

Outcome = Literal["beats", "ties", "loses to", "undecided"]


@dataclass(frozen=True)
class Difference:
    """The improvement of the first system over the second (positive: better), with its 95 % interval.

    low, high: None if there is no interval; p_better, p_worse: one-sided p-values that the first is better,
    and that it is worse, None if there is no test; units: number of independent units; reason: why there is
    no interval or no test.
    """

    value: float
    low: float | None
    high: float | None
    p_better: float | None
    p_worse: float | None
    units: int
    reason: str = ""

    def outcome(self, alpha: float) -> Outcome:
        """Return the outcome for the first system; both one-sided tests have the level `alpha`."""
        if self.p_better is None or self.p_worse is None:
            return "undecided"
        return "beats" if self.p_better < alpha else "loses to" if self.p_worse < alpha else "ties"

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values; `reason` only if there is no interval or no test."""
        names = ("value", "low", "high", "p_better", "p_worse")
        numbers = {name: rounded(getattr(self, name)) for name in names}
        return {**numbers, "units": self.units, **({"reason": self.reason} if self.reason else {})}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Difference:
        """Rebuild a difference from its JSON values.

        Former releases stored one `p`, that the first system is better; its complement is that it is worse.
        """
        value = float("nan") if stored["value"] is None else stored["value"]
        better = stored["p_better"] if "p_better" in stored else stored["p"]
        worse = stored["p_worse"] if "p_worse" in stored else None if better is None else 1 - better
        ends = stored["low"], stored["high"]
        return cls(value, *ends, better, worse, stored.get("units", 0), stored.get("reason", ""))


def paired(ours: Score, theirs: Score, resamples: int, seed: int) -> Difference:
    """Compare two systems on the same resamples of the same units (Koehn 2004, section 4).

    Raises ValueError if the two do not score the same rows with the same metric.
    """
    same_units = np.array_equal(ours.unit_of_row(), theirs.unit_of_row())
    if ours.name != theirs.name or ours.statistics.shape != theirs.statistics.shape or not same_units:
        raise ValueError(f"not the same rows or metric: {ours.name} and {theirs.name}")
    sign = 1.0 if ours.higher_is_better else -1.0
    value = sign * (ours.point() - theirs.point())
    first, second = ours.by_unit(), theirs.by_unit()
    units = independent(ours, len(first))
    reason = too_few(ours, len(first))
    if reason and ours.block > 1:
        return Difference(value, None, None, None, None, units, reason)
    if not np.isfinite(value):
        return Difference(value, None, None, None, None, units, "undefined")
    values = (resampled(s, sums, resamples, seed) for s, sums in ((ours, first), (theirs, second)))
    differences = sign * np.subtract(*values)
    # a resample of few units is overconfident: an exact paired permutation test of n units has p >= 2^-n
    better, worse = (
        max((np.count_nonzero(~(s * differences > 0)) + 1) / (resamples + 1), 0.5**units) for s in (1, -1)
    )
    low, high = (None, None) if reason else percentiles(differences)
    return Difference(value, low, high, better, worse, units, reason)
