"""What labels are compared with, and how their errors are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Baseline, DriftFeatures, Meta, Plot
from seqops.core.ragged import Ragged, Split
from seqops.tasks.labelling.data.dataset import Dataset
from seqops.tasks.labelling.evaluation import baselines, plots
from seqops.tasks.labelling.metrics import Metrics


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Labels without a network, slices by length, and pictures of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Give the usual label; that of the place in the sequence; regress on running sums."""
        return [
            Baseline("usual label", "trivial", baselines.usual(splits)),
            Baseline("usual label of the place", "trivial", baselines.by_place(splits)),
            Baseline("regression on running sums", "classical", baselines.regression(splits)),
        ]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Set apart short and long sequences, and those in which the label changes."""
        labels, usual = truth.ragged("labels"), meta["usual_length"]
        changes = [bool(np.ptp(labels[i])) for i in range(len(truth))]
        return {
            f"up to {usual} steps": labels.lengths <= usual,
            f"over {usual} steps": labels.lengths > usual,
            "label changes": np.array(changes, np.bool_),
        }

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Watch the length of a sequence, and the numbers and labels in it."""
        figures, labels = split.ragged("figures"), split.ragged("labels")
        columns = {
            name: Ragged(figures.values[:, place], figures.offsets)
            for place, name in enumerate(meta["values"])
        }
        named = Ragged(np.array(["0", "1"])[labels.values], labels.offsets)
        return {"steps of a sequence": labels.lengths, **columns, "label": named}

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Write the numbers of each sequence and its labels as text."""
        return plots.examples(predicted, truth)

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw the accuracy by place in the sequence, and the confusion of labels."""
        return plots.plots(predicted, truth)
