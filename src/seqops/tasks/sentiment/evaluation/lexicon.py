"""The baseline of a lexicon: the sum of the weights of a text's words, and thresholds between the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqops.metrics.class_predictions import Floats, Ids, predictions
from seqops.tasks.sentiment.data.encoding import NgramTokenizer


def sums_of(texts: Sequence[str], weights: Mapping[str, float], tokenizer: NgramTokenizer) -> Floats:
    """Return the sum of the weights of the words of each text, a word as often as it occurs: (n,)."""
    return np.array([sum(weights.get(t, 0.0) for t in tokenizer.tokens(text)) for text in texts], np.float64)


@dataclass(frozen=True)
class Thresholds:
    """Labels of neighbouring intervals of a sum.

    order: the label of each interval (K,), of rising sums; cuts: sums from which the next interval begins
    (K - 1,), rising; shares: probabilities of the labels in each interval (K, all labels).
    """

    order: Ids
    cuts: Floats
    shares: Floats

    @classmethod
    def fit(cls, sums: Floats, labels: Ids, classes: int, balanced: bool) -> Thresholds:
        """Fit to labelled training rows (n,): the order by mean sums, and the cuts with most right rows.

        balanced: rows of rare labels count for more, all rows of a label as much as those of another. The
        cuts are optimal, by dynamic programming over the distinct sums; of equally good ones, the lowest.
        shares: those of the interval's training rows, each label counted once more.
        """
        present, counts = np.unique(labels, return_counts=True)
        means = [sums[labels == label].mean() for label in present]
        order = present[np.argsort(means, kind="stable")]
        weight = np.zeros(classes)
        weight[present] = 1.0 / counts if balanced else 1.0
        values, place = np.unique(sums, return_inverse=True)
        gains = np.zeros((len(values), len(order)))
        np.add.at(gains, (place, np.argsort(order)[np.searchsorted(present, labels)]), weight[labels])
        cuts = _cuts(values, np.concatenate([np.zeros((1, len(order))), np.cumsum(gains, axis=0)]))
        table = np.ones((len(order), classes))
        np.add.at(table, (np.searchsorted(cuts, sums, side="right"), labels), 1.0)
        return cls(order, cuts, table / table.sum(axis=1, keepdims=True))

    def predict(self, sums: Floats) -> pd.DataFrame:
        """Predict `label` and `probabilities` of texts with these sums (n,)."""
        interval = np.searchsorted(self.cuts, sums, side="right")
        return predictions(self.shares[interval], self.order[interval])

    def summary(self, names: Sequence[str]) -> str:
        """Return the thresholds in words; names: of the labels."""
        first, *others = (names[label] for label in self.order)
        if not others:
            return f"always {first}"
        steps = (f"{name} from {cut:g}" for name, cut in zip(others, self.cuts, strict=True))
        return ", ".join([f"{first} below", *steps])


def _cuts(values: Floats, totals: Floats) -> Floats:
    """Return the sums from which each label but the first begins.

    totals: (V + 1, K), what the rows with the first v of V distinct sums give each label if it has them.
    """
    best, chosen = totals[:, 0], []
    for each in totals.T[1:]:
        start = best - each
        running = np.maximum.accumulate(start)
        improved = start > np.concatenate([[-np.inf], running[:-1]])
        chosen.append(np.maximum.accumulate(np.where(improved, np.arange(len(start)), 0)))
        best = running + each
    end, places = len(values), []
    for choice in reversed(chosen):
        end = int(choice[end])
        places.append(end)
    edges = np.concatenate([[-np.inf], (values[:-1] + values[1:]) / 2, [np.inf]])
    return np.asarray(edges[places[::-1]], np.float64)
