"""A network and a phrase table whose hypotheses are ranked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.mixtures import FittedMixture, Mixture
from seqops.core.ragged import Array, Split
from seqops.core.score import named
from seqops.tasks.translation.model.beam import Beam
from seqops.tasks.translation.model.minimum_risk import Floats, gains
from seqops.tasks.translation.model.phrase_based import CHOSEN_ON

if TYPE_CHECKING:
    from seqops.tasks.translation.model.network import Network

SHARES = np.linspace(1.0, 0.0, 11)
"""Weights of the network that are tried."""


@dataclass(frozen=True)
class Pool:
    """The hypotheses of both for one source.

    network, phrases: the probabilities that either gives to them, (n,); gains: see `minimum_risk.gains`.
    """

    texts: Sequence[str]
    network: Floats
    phrases: Floats
    gains: Floats

    @classmethod
    def of(cls, beam: Beam, translation: str) -> Pool:
        """Pool the hypotheses of a beam and the one of the phrase table."""
        texts = list(dict.fromkeys([*beam.texts, translation]))
        network, phrases = np.zeros(len(texts)), np.zeros(len(texts))
        np.add.at(network, [texts.index(text) for text in beam.texts], beam.probabilities())
        phrases[texts.index(translation)] = 1.0
        return cls(texts, network, phrases, gains(texts))

    def ranked(self, share: float) -> tuple[list[str], list[float]]:
        """Return the hypotheses in the order of their expected chrF, which is beside them.

        share: the weight of the network; those that have no probability are left out.
        """
        probabilities = share * self.network + (1 - share) * self.phrases
        expected = self.gains @ probabilities
        order = [i for i in np.argsort(-expected, kind="stable") if probabilities[i] > 0]
        return [self.texts[i] for i in order], expected[order].tolist()


@dataclass(frozen=True)
class PhraseMixture(Mixture):
    """The translation is the hypothesis of either with the highest expected chrF.

    The hypotheses of the beam share the weight of the network by their probabilities; that of the phrase
    table has the rest. Source: minimum Bayes risk over several systems (González-Rubio et al. 2011).
    """

    network: Network

    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the weight of the network with the best goal on validation rows: (1,)."""
        rows = validation.take(np.arange(min(len(validation), CHOSEN_ON)))
        pools = _pools(self._beams(model, rows, meta), self._phrases(model, rows, meta))

        def score(share: float) -> float:
            predicted = pd.DataFrame({"hypothesis": [pool.ranked(share)[0][0] for pool in pools]})
            scores = metrics.score(predicted, rows, meta)
            return named(scores, metrics.goal.metric).point()

        return np.array([max(SHARES.tolist(), key=score)])

    def predict(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Translate: the columns of the network, with the expected chrF as the scores.

        The attention is the network's, where the translation is of its beam.
        """
        share, beams = float(model.weights[0]), self._beams(model, split, meta)
        pools = _pools(beams, self._phrases(model, split, meta))
        texts, scores = zip(*(pool.ranked(share) for pool in pools), strict=True) if pools else ((), ())
        chosen = [beam.tokens_of(found[0]) for beam, found in zip(beams, texts, strict=True)]
        return self.network.table(model.network, split, meta, texts, scores, chosen)

    def _beams(self, model: FittedMixture, split: Split, meta: Meta) -> list[Beam]:
        return self.network.beams(model.network, split, meta)

    def _phrases(self, model: FittedMixture, split: Split, meta: Meta) -> list[str]:
        return list(self.classical.predict(model.classical, split, meta)["hypothesis"])


def _pools(beams: Sequence[Beam], translations: Sequence[str]) -> list[Pool]:
    return [Pool.of(beam, text) for beam, text in zip(beams, translations, strict=True)]
