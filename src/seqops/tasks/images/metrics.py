"""Metrics of the images task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score, in_groups
from seqops.metrics.class_predictions import probabilities_of
from seqops.metrics.classification import class_scores


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """Metrics of classes, with accuracy as the goal, and of probabilities."""

    goal: ClassVar[Goal] = Goal("accuracy", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score classes (macro F1, accuracy) and probabilities (calibration, log loss)."""
        return scores_of(predicted, truth, "label", len(meta["labels"]))


def scores_of(predicted: pd.DataFrame, truth: Split, column: str, classes: int) -> list[Score]:
    """Score predicted classes against a column of labels; rows where it is -1 do not count."""
    labels = np.asarray(truth.plain(column), np.int64)
    guesses, probabilities = predicted["label"].to_numpy(np.int64), probabilities_of(predicted, classes)
    scores = class_scores(np.maximum(labels, 0), guesses, probabilities, classes, ordered=False)
    counted = [replace(s, statistics=np.where((labels >= 0)[:, None], s.statistics, 0.0)) for s in scores]
    return in_groups(counted, truth)
