"""Whether a finalist replaces the present values: better over rows, over seeds, and over both together."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from seqops.core.score import Score
from seqops.metrics.multiple_testing import holm
from seqops.metrics.paired_tests import Difference, paired
from seqops.metrics.seeds import over_seeds, satterthwaite, variance_of_mean

HALF_WIDTH = float(stats.norm.isf(0.025))
"""Half the width of a 95 % interval in standard errors."""
LEVEL = 0.05
"""Probability that any finalist replaces present values that are as good."""


@dataclass(frozen=True)
class Comparison:
    """One finalist against the present values, on the same held-out rows.

    rows: the paired difference of the mean over seeds, None if it cannot be computed; p_rows, p_seeds,
    p_both: one-sided p-values that it is better, over rows, over seeds, and over both, which are those over
    rows if there are no seeds; p: the largest of them, corrected for the number of finalists; reason: why
    there is no test.
    """

    rows: Difference | None
    p_rows: float = 1.0
    p_seeds: float = 1.0
    p_both: float = 1.0
    p: float = 1.0
    reason: str = ""

    @property
    def improvement(self) -> float:
        """The improvement over the present values, positive if the finalist is better."""
        return self.rows.value if self.rows else math.nan

    @property
    def better(self) -> bool:
        """Return whether the finalist may replace the present values."""
        return not self.reason and self.p < LEVEL


Scores = Sequence[Score]
"""The goal's score of one configuration on the held-out rows, with each seed."""


def compare(
    current: Scores,
    others: Sequence[Scores],
    seeds: int,
    resamples: int,
    seed: int,
    seedless: Collection[int] = (),
) -> list[Comparison]:
    """Compare each finalist with the present values, which must be beaten in every test.

    seeds: number of fits that each must have; resamples, seed: of the paired test; seedless: the places of
    the finalists that depend on no seed, as the present values do not either: only rows are tested.

    Over rows: paired test of statistics averaged over seeds. Over seeds: Welch's t test. Over both: t test of
    the same difference with the sum of both variances, because fits on a few rows vary with either; its
    degrees of freedom are Satterthwaite's (1946). Holm's correction for all finalists.
    """
    found = [
        _untested(other, current, seeds) or _compare(other, current, resamples, seed, place in seedless)
        for place, other in enumerate(others)
    ]
    corrected = holm([max(one.p_rows, one.p_seeds, one.p_both) for one in found])
    return [replace(one, p=p) for one, p in zip(found, corrected, strict=True)]


def _untested(ours: Scores, theirs: Scores, seeds: int) -> Comparison | None:
    """Return a comparison without a test if fits are missing, else None."""
    missing = [
        f"{seeds - len(scores)} of {seeds} fits of {whose} failed"
        for scores, whose in ((ours, "these values"), (theirs, "the present values"))
        if len(scores) < seeds
    ]
    return Comparison(None, reason=", ".join(missing)) if missing else None


def _compare(ours: Scores, theirs: Scores, resamples: int, seed: int, seedless: bool) -> Comparison:
    rows = paired(over_seeds(ours), over_seeds(theirs), resamples, seed)
    if rows.p_better is None or rows.low is None:
        return Comparison(rows, reason=rows.reason or "too few rows")
    if seedless:
        return Comparison(rows, *(float(rows.p_better),) * 3)
    sign = 1.0 if ours[0].higher_is_better else -1.0
    first, second = (sign * np.array([score.point() for score in scores]) for scores in (ours, theirs))
    if not np.isfinite([*first, *second]).all():
        return Comparison(rows, reason="undefined")
    variances = variance_of_mean(first), variance_of_mean(second)
    if sum(variances) == 0:
        return Comparison(rows, reason="every seed has the same score, so that seeds cannot be tested")
    return Comparison(
        rows,
        float(rows.p_better),
        _tail(first.mean() - second.mean(), 0.0, variances, len(first) - 1),
        _tail(rows.value, (rows.value - rows.low) / HALF_WIDTH, variances, len(first) - 1),
    )


def _tail(value: float, row_error: float, variances: tuple[float, float], freedom: int) -> float:
    """Return the probability of a larger t than that of a difference.

    row_error: standard error over rows, exact enough to have no degrees of freedom of its own, because it is
    taken from an interval; variances: over seeds, of the two means, with `freedom` degrees of freedom each.
    """
    total = row_error**2 + sum(variances)
    degrees = satterthwaite((row_error**2, *variances), (math.inf, freedom, freedom))
    return float(stats.t.sf(value / math.sqrt(total), degrees))
