"""Evaluation of labels: baselines, slices, drift features, examples and plots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Baseline, Plot
from seqops.evaluation.slices import slices_by_length
from seqops.tasks.labelling.data.dataset import Dataset
from seqops.tasks.labelling.evaluation import baselines, plots
from seqops.tasks.labelling.metrics import Metrics
from seqops.tasks.labelling.model.regression import Regression


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baseline labels, slices by length, and plots of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Give the majority label; that of each part of the sequence; regress on running sums."""
        trivial = [
            Baseline("usual label", "trivial", baselines.usual(splits)),
            Baseline("usual label of the position", "trivial", baselines.by_position(splits)),
        ]
        if model_kind == "regression":
            return trivial
        regression = Regression()
        fitted = regression.predict(regression.fit(self.metrics, splits, meta), splits["test"], meta)
        return [
            *trivial,
            Baseline("regression on running sums", "classical", fitted, model_kind="regression"),
        ]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Select short and long sequences, and those in which the label changes."""
        labels, usual = truth.ragged("labels"), meta["usual_length"]
        changes = [bool(np.ptp(labels[i])) for i in range(len(truth))]
        ranges = {f"up to {usual} steps": (0, usual), f"over {usual} steps": (usual + 1, math.inf)}
        return slices_by_length(labels.lengths, ranges) | {"label changes": np.array(changes, np.bool_)}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the length of each sequence, its numbers and its labels."""
        figures, labels = split.ragged("figures"), split.ragged("labels")
        columns = {
            name: Ragged(figures.values[:, i], figures.offsets) for i, name in enumerate(meta["values"])
        }
        named = Ragged(np.array(["0", "1"])[labels.values], labels.offsets)
        return {"steps of a sequence": labels.lengths, **columns, "label": named}

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Format the numbers and labels of each sequence as text."""
        return plots.rows(truth).assign(predicted=[plots.spaced(row) for row in predicted["labels"]])

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Format the numbers and true labels of each sequence as text."""
        return plots.rows(split)

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the accuracy by part of the sequence, and the confusion matrix of labels."""
        return plots.plots(predicted, truth)
