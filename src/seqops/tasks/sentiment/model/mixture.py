"""A network and a linear classifier of n-grams whose probabilities are pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.mixtures import FittedMixture, Mixture, likeliest_factors
from seqops.core.ragged import Array, Split
from seqops.metrics.class_predictions import Floats, predictions, probabilities_of
from seqops.metrics.label_decision import LOWEST, LabelDecision, decide
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.sentiment.data.encoding import labelled


@dataclass(frozen=True)
class TextMixture(Mixture):
    """The probabilities are proportional to the product of those of both parts, each to a power.

    Source: logarithmic opinion pools (Genest and Zidek 1986, section 3.3).
    """

    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the powers of the network and of the classifier that fit labelled validation rows.

        Behind them, if `data.decision` is balanced, is what then decides on a label: (2,) or (2 + K,).
        """
        rows = labelled(validation)
        logs, truth = self._logs(model, rows, meta), np.asarray(rows.plain("label"), np.int64)

        def nats(powers: Floats) -> float:
            return -float(_pooled(logs, powers)[np.arange(len(truth)), truth].mean())

        powers = likeliest_factors(nats)
        if not meta["label_shares"]:
            return powers
        offsets = LabelDecision.of_meta(meta).offsets(np.exp(_pooled(logs, powers)), truth)
        return np.concatenate([powers, offsets])

    def predict(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict `label`, the index by `data.decision`, and `probabilities` of all."""
        powers, offsets = np.split(model.weights, [2])
        probabilities = np.exp(_pooled(self._logs(model, split, meta), powers))
        return predictions(probabilities, decide(probabilities, offsets))

    def _logs(self, model: FittedMixture, split: Split, meta: Meta) -> Floats:
        """Return the log probabilities of the network, and those of the classifier: (2, n, K)."""
        parts = (
            self.network.predict(model.network, split, meta),
            self.classical.predict(model.classical, split, meta),
        )
        classes = len(meta["labels"])
        return np.log(np.maximum([probabilities_of(part, classes) for part in parts], LOWEST))


def _pooled(logs: Floats, powers: Floats) -> Floats:
    return log_softmax(np.tensordot(powers, logs, 1))
