"""Metrics of the sentiment task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score, in_groups
from seqops.metrics.classification import class_scores
from seqops.tasks.sentiment.data.dataset import Dataset

Floats = npt.NDArray[np.float64]


def predictions(probabilities: Floats, labels: npt.NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Return probabilities (n, K) and labels, by default the most likely, as the columns of predictions."""
    indices = probabilities.argmax(1) if labels is None else labels
    return pd.DataFrame({"label": indices.astype(np.int64), "probabilities": probabilities.tolist()})


def probabilities_of(predicted: pd.DataFrame, classes: int) -> Floats:
    """Return the predicted probabilities: (n, K)."""
    cells = [np.asarray(row, np.float64) for row in predicted["probabilities"]]
    return np.array(cells, np.float64).reshape(-1, classes)


def labels_of(predicted: pd.DataFrame, truth: Split) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the true labels and the predicted ones: (n,) each."""
    labels = np.asarray(truth.plain("label"), np.int64)
    return labels, predicted["label"].to_numpy(np.int64)


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
