"""Drift of the score: a one-sided test that it is worse by more than a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from seqops.core.records import Goal
from seqops.drift.score_sample import ScoreSample
from seqops.metrics.rounding import rounded


@dataclass(frozen=True)
class ScoreDecline:
    """The score before and now; p: one-sided, that it is not worse by more than the margin."""

    metric: str
    before: float
    now: float
    decline: float
    margin: float
    p: float

    def largest_shift(self) -> str:
        """Format the scores before and now."""
        return f"{self.metric} {self.before:.4g} -> {self.now:.4g}"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values without the p-value, which the caller corrects for multiple testing."""
        return {
            "before": rounded(self.before),
            "now": rounded(self.now),
            "decline": rounded(self.decline),
            "margin": rounded(self.margin),
        }


def score_feature(metric: str) -> str:
    """Return the name of the feature that is the score."""
    return f"score ({metric})"


def untested(before: ScoreSample, now: ScoreSample, min_rows: int) -> str:
    """Say why two samples cannot be compared; an empty string if they can."""
    if min(before.rows, now.rows) < min_rows:
        return f"too few scored rows: {before.rows} before, {now.rows} now"
    samples = (("before", before), ("now", now))
    return ", ".join(f"{sample.untested} {when}" for when, sample in samples if sample.untested)


def score_decline(before: ScoreSample, now: ScoreSample, goal: Goal, margin: float) -> ScoreDecline:
    """Test whether the score over all rows has become worse by more than `margin`, in units of the score.

    Welch's t-test of two independent samples (Welch 1947) with the margin as the shift under the null
    hypothesis. The errors are those towards no decline: of a worse score before, and of a better one now
    (Zou and Donner 2008, equation 5). Raises ValueError if a sample cannot be tested.
    """
    worse, better = ("below", "above") if goal.higher_is_better else ("above", "below")
    values = (before.value, now.value, getattr(before, worse), getattr(now, better))
    if any(value is None for value in values):
        raise ValueError("a sample without errors has no test")
    first, second, *errors = (float(value) for value in values if value is not None)
    decline = (first - second) if goal.higher_is_better else (second - first)
    variances = np.square(errors)
    if not variances.any():
        p = 0.0 if decline > margin else 1.0
    else:
        freedom = variances.sum() ** 2 / (variances**2 / [before.freedom, now.freedom]).sum()
        p = float(student.sf((decline - margin) / np.sqrt(variances.sum()), freedom))
    return ScoreDecline(goal.metric, first, second, decline, margin, p)
