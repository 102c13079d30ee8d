"""A network and the CRF over features whose scores of tag sequences are averaged, and decoded together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.mixtures import FittedMixture, Mixture, likeliest_factors
from seqops.core.ragged import Array, Ragged, Split
from seqops.nn.crf import log_likelihood
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.model import feature_crf
from seqops.tasks.ner.model.crf_scores import CrfScores, scores_of
from seqops.tasks.ner.model.decoding import batches, best_tags
from seqops.tasks.ner.model.predictions import Tags, predictions

if TYPE_CHECKING:
    from seqops.tasks.ner.model.network import Network

Floats = npt.NDArray[np.float64]
Scores = tuple[Ragged, npt.NDArray[np.floating]]
"""The emissions of one part (N, K), and its transitions (K + 1, K)."""


@dataclass(frozen=True)
class CrfMixture(Mixture):
    """The mean of the scores is the logarithm of a pooled distribution over sequences of tags.

    Source: logarithmic opinion pools of CRFs (Smith, Cohn and Osborne 2005).
    """

    network: Network

    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the weight of the network in the pool that makes the validation tags most likely: (1,).

        It is the share of the network in the factors of both, as the best tags depend on their ratio alone.
        """
        parts: list[Scores] = [
            (Ragged(scores.values.astype(np.float64), scores.offsets), transitions.astype(np.float64))
            for scores, transitions in self._scores(model, validation, "corpus", meta)
        ]
        tags = validation.ragged("corpus_tags")

        def nats(factors: Floats) -> float:
            scores, transitions = _pooled(parts, factors.tolist())
            each = [
                log_likelihood(part.padded(), part.lengths, transitions, tags.take(rows).padded())
                for rows in batches(scores)
                for part in [scores.take(rows)]
            ]
            return -float(np.concatenate(each).mean())

        return np.array([share(likeliest_factors(nats))])

    def predict(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag every view that the split has; see `predictions`."""
        views = [view for view in encoding.VIEWS["both"] if f"{view}_forms" in split.columns]
        return predictions(split, {view: self._tagged(model, split, view, meta) for view in views})

    def validate(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag the corpus tokens only."""
        return predictions(split, {"corpus": self._tagged(model, split, "corpus", meta)})

    def _tagged(self, model: FittedMixture, split: Split, view: str, meta: Meta) -> Tags:
        weight = float(model.weights[0])
        pooled = _pooled(self._scores(model, split, view, meta), [weight, 1 - weight])
        return best_tags(*pooled, meta["tags"])

    def _scores(self, model: FittedMixture, split: Split, view: str, meta: Meta) -> list[Scores]:
        """Return the scores of the network, and those of the CRF."""
        ours = self.network.emissions(model.network, split.ragged(f"{view}_features"), meta)
        crf: CrfScores = scores_of(model.classical, tuple(meta["tags"]))
        tokens = (token for row in feature_crf.features_of(split, view, meta) for token in row)
        theirs = Ragged(crf.emissions(tokens), ours.offsets)
        return [(ours, self.network.transitions(model.network, meta)), (theirs, crf.transitions)]


def share(factors: Floats) -> float:
    """Return the share of the first factor in the sum of two; 0 if both are 0."""
    return float(factors[0] / factors.sum()) if factors.any() else 0.0


def _pooled(parts: list[Scores], factors: list[float]) -> Scores:
    (ours, our_transitions), (theirs, their_transitions) = parts
    values = factors[0] * ours.values + factors[1] * theirs.values
    return Ragged(values, ours.offsets), factors[0] * our_transitions + factors[1] * their_transitions
