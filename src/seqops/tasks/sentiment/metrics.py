"""Metrics of the sentiment task."""

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
from seqops.tasks.sentiment.data.dataset import Dataset


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """Metrics of labels, with macro F1 as the goal, and of probabilities."""

    data: Dataset

    # every class has the same weight: on imbalanced data, the majority class alone gives high accuracy
    goal: ClassVar[Goal] = Goal("macro_f1", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score labels (macro F1, accuracy, and distances on a scale) and probabilities (ECE, log loss)."""
        labels, predicted_labels = labels_of(predicted, truth)
        classes = len(meta["labels"])
        probabilities = probabilities_of(predicted, classes)
        scores = class_scores(labels, predicted_labels, probabilities, classes, self.data.ordered)
        return in_groups(scores, truth)
