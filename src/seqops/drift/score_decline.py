"""Drift of the score: a one-sided test that it is worse by more than a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from seqops.core.ragged import Array, Ragged
from seqops.core.records import Goal
from seqops.drift.profiles import NumericProfile, mean_of
from seqops.metrics.rounding import rounded


@dataclass(frozen=True)
class ScoreDecline:
    """The mean score of rows before and now; p: one-sided, that it is not worse by more than the margin."""

    metric: str
    before: float
    now: float
    decline: float
    margin: float
    p: float

    def largest_shift(self) -> str:
        """Format the mean scores before and now."""
        return f"mean {self.metric} of a row: {self.before:.4g} -> {self.now:.4g}"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values without the p-value, which the caller corrects for multiple testing."""
        return {
            "before": rounded(self.before),
            "now": rounded(self.now),
            "decline": rounded(self.decline),
            "margin": rounded(self.margin),
        }


def score_feature(metric: str) -> str:
    """Return the name of the feature that holds the score of each row."""
    return f"score ({metric})"


def score_decline(profile: NumericProfile, column: Ragged | Array, goal: Goal, margin: float) -> ScoreDecline:
    """Test whether the mean score of a row has become worse by more than `margin`, in units of the score.

    Welch's t-test with the margin as the shift under the null hypothesis (Welch 1947); the rows of a ragged
    column are the independent units.
    """
    before, variance_before = profile.mean_and_variance()
    now, variance_now = mean_of(column)
    decline = (before - now) if goal.higher_is_better else (now - before)
    variance = variance_before + variance_now
    if variance == 0:
        p = 0.0 if decline > margin else 1.0
    else:
        parts = (variance_before**2 / (profile.rows - 1), variance_now**2 / (len(column) - 1))
        p = float(student.sf((decline - margin) / np.sqrt(variance), variance**2 / sum(parts)))
    return ScoreDecline(goal.metric, before, now, decline, margin, p)
