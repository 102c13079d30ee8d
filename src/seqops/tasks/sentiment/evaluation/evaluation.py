"""Baselines, slices, drift features, examples and plots of the sentiment task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from seqops.metrics.class_predictions import confidence_of, labels_of
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.vocabulary import UNKNOWN, rare_token_share
from seqops.tasks.sentiment.data.dataset import Dataset
from seqops.tasks.sentiment.data.encoding import labelled
from seqops.tasks.sentiment.evaluation import baselines, plots
from seqops.tasks.sentiment.metrics import Metrics


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baselines without a network, slices of texts, and plots of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Predict the majority label, draw labels by their shares, and fit classical classifiers of texts.

        With `data.lexicon` also thresholds of the sum of its weights.
        """
        labels = labelled(splits["train"]).plain("label")
        trivial = class_baselines.trivial(labels, len(splits["test"]), len(meta["labels"]), self.data.seed)
        classical = baselines.classical(splits, self.metrics, meta, model_kind)
        return [*trivial, *classical, *baselines.of_lexicon(splits, self.data, meta)]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by near-duplicates, by negation, by unknown words, and by length."""
        texts, words = truth.ragged("texts").texts(), truth.ragged("words")
        unknown = np.repeat(np.arange(len(words)), words.lengths)[words.values == UNKNOWN]
        negated, unseen = plots.negated(texts), np.isin(np.arange(len(words)), unknown)
        return {
            **near_duplicates.slices(truth),
            "negation": negated,
            "no negation": ~negated,
            "unknown word": unseen,
            **plots.by_length(texts),
        }

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the length of each text, its share of infrequent words, and its label if it has one."""
        words, labels = split.ragged("words"), split.plain("label")
        return {
            "words of a text": words.lengths,
            "infrequent words": rare_token_share(words, meta["frequent"]),
            "label": np.array(meta["labels"])[labels[labels >= 0]],
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each text, its label, and the predicted label with its confidence."""
        _, predicted_labels = labels_of(predicted, truth)
        return self.rows(truth, meta).assign(
            predicted=[meta["labels"][label] for label in predicted_labels],
            confidence=[f"{value:.2f}" for value in confidence_of(predicted, len(meta["labels"]))],
        )

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Show each text and its label, `unlabelled` if it has none."""
        names = [*meta["labels"], "unlabelled"]  # of label -1
        truth = [names[label] for label in split.plain("label")]
        return pd.DataFrame({"input": split.ragged("texts").texts(), "truth": truth})

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the confusion matrix, the calibration, and accuracy by length."""
        labels, predicted_labels = labels_of(predicted, truth)
        correct, texts = labels == predicted_labels, truth.ragged("texts").texts()
        title = "Rows by true (rows) and predicted label"
        return [
            plot_confusion(labels, predicted_labels, meta["labels"], title),
            reliability(confidence_of(predicted, len(meta["labels"])), correct),
            plots.lengths(texts, correct),
        ]
