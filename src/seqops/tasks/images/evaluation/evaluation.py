"""Baselines, slices, drift features, examples and plots of the images task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline, Plot
from seqops.evaluation import class_baselines
from seqops.evaluation.calibration_plot import reliability
from seqops.evaluation.confusion import plot_confusion
from seqops.metrics.class_predictions import Floats, confidence_of, labels_of
from seqops.preprocessing import near_duplicates
from seqops.tasks.images.data.dataset import Dataset
from seqops.tasks.images.data.encoding import labelled, pixels_of, standardised
from seqops.tasks.images.evaluation import baselines
from seqops.tasks.images.evaluation.grad_cam import heat_maps, last_convolution
from seqops.tasks.images.evaluation.thumbnails import heated, thumbnail
from seqops.tasks.images.metrics import Metrics
from seqops.tasks.images.model.features import batches

SHOWN = 10
"""Pictures whose Grad-CAM is shown."""


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baselines without a network, slices by class, and plots of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Predict the usual label, draw labels by their shares, and fit classical classifiers of pixels."""
        labels = labelled(splits["train"]).plain("label")
        trivial = class_baselines.trivial(labels, len(splits["test"]), len(meta["labels"]), self.data.seed)
        return [*trivial, *baselines.classical(splits, self.metrics, meta, model_kind)]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by near-duplicates, and by light: darker and lighter than the mean of training."""
        light, _ = _light_and_contrast(truth, meta)
        usual = float(np.mean(meta["mean"]))
        return {
            **near_duplicates.slices(truth),
            "darker than usual": light < usual,
            "lighter than usual": light >= usual,
        }

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the mean light and the contrast of each picture, and its label."""
        split = labelled(split)
        light, contrast = _light_and_contrast(split, meta)
        return {
            "mean light": light,
            "contrast": contrast,
            "label": np.array(meta["labels"])[split.plain("label")],
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each picture, its label, and the predicted label with its confidence."""
        _, predicted_labels = labels_of(predicted, truth)
        return self.rows(truth, meta).assign(
            predicted=[meta["labels"][label] for label in predicted_labels],
            confidence=[f"{value:.2f}" for value in confidence_of(predicted, len(meta["labels"]))],
        )

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Show each picture and its label, `unlabelled` if it has none."""
        names, pictures = [*meta["labels"], "unlabelled"], split.ragged("picture")  # of label -1
        return pd.DataFrame(
            {
                "picture": [thumbnail(pictures[row].tobytes()) for row in range(len(split))],
                "truth": [names[label] for label in split.plain("label")],
            }
        )

    def explanations(self, model: Any, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Show, for the first picture of each class, what a convolutional network answers it for."""
        block = last_convolution(model)
        if block is None:
            return {}
        rows = np.unique(truth.plain("label"), return_index=True)[1][:SHOWN]
        pictures = truth.take(rows).ragged("picture")
        maps, logits = heat_maps(model, block, standardised(pictures, meta))
        content = [pictures[row].tobytes() for row in range(len(pictures))]
        table = {
            "picture": [thumbnail(each) for each in content],
            "red: speaks for the answer": [heated(*each) for each in zip(content, maps, strict=True)],
            "truth": [meta["labels"][label] for label in truth.plain("label")[rows]],
            "predicted": [meta["labels"][label] for label in logits.argmax(1)],
        }
        return {"What the answers depend on (Grad-CAM)": pd.DataFrame(table)}

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the confusion matrix and the calibration."""
        labels, predicted_labels = labels_of(predicted, truth)
        title = "Pictures by true (rows) and predicted label"
        return [
            plot_confusion(labels, predicted_labels, meta["labels"], title),
            reliability(confidence_of(predicted, len(meta["labels"])), labels == predicted_labels),
        ]


def _light_and_contrast(split: Split, meta: Meta) -> Floats:
    """Decode the pictures a batch at a time; return mean and standard deviation of each: (2, n)."""
    found = np.zeros((2, len(split)))
    for rows in batches(len(split), meta):
        pixels = pixels_of(split.take(rows).ragged("picture"), meta["shape"]) / 255
        found[:, rows] = pixels.mean((1, 2, 3)), pixels.std((1, 2, 3))
    return found
