"""Metrics of the images task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score, in_groups
from seqops.metrics.class_predictions import labels_of, probabilities_of
from seqops.metrics.classification import class_scores


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """Metrics of classes, with accuracy as the goal, and of probabilities."""

    goal: ClassVar[Goal] = Goal("accuracy", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score classes (macro F1, accuracy) and probabilities (calibration, log loss)."""
        classes = len(meta["labels"])
        probabilities = probabilities_of(predicted, classes)
        labels, predicted_labels = labels_of(predicted, truth)
        return in_groups(class_scores(labels, predicted_labels, probabilities, classes, ordered=False), truth)
