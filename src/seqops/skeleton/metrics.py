"""Accuracy: the share of rows whose label is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import SHARE, Score, in_groups
from seqops.metrics.ratio import ratio


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """Accuracy at a threshold of one half."""

    goal: ClassVar[Goal] = Goal("accuracy", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score by accuracy; statistics of a row: whether it is right, and 1."""
        right = (predicted["probability"].to_numpy() > 0.5) == truth.plain("odd")
        statistics = np.stack([right, np.ones(len(right))], axis=1).astype(np.float64)
        what = "share of rows predicted right"
        return in_groups([Score("accuracy", statistics, ratio, True, what, limits=SHARE)], truth)
