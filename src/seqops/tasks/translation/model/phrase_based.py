"""The phrase table as the model of the task, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from sys import intern

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.tasks.translation.model.bigram_model import EDGE, BigramModel
from seqops.tasks.translation.model.phrase_extraction import Phrase
from seqops.tasks.translation.model.phrase_table import PhraseTable, Weights

GRID = [Weights(*pair) for pair in product((0.5, 1.0, 1.5), (0.0, 1.0, 2.0))]
"""Weights of which the best on validation sources are chosen."""
CHOSEN_ON = 300
"""Validation sources that the weights are chosen on, at most."""


@dataclass(frozen=True)
class PhraseBased(ClassicalModel):
    """Translates by phrases; a fitted one is a `PhraseTable`."""

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> PhraseTable:
        """Learn from the raw text of the training pairs; choose the weights by the goal."""
        sources, targets = (splits["train"].ragged(name).texts() for name in ("source_text", "references"))
        table = PhraseTable.learn(sources, targets)
        rows = splits["validation"].take(np.arange(min(len(splits["validation"]), CHOSEN_ON)))

        def score(weights: Weights) -> float:
            predicted = self.predict(replace(table, weights=weights), rows, meta)
            scores = metrics.score(predicted, rows, meta)
            return next(s for s in scores if s.name == metrics.goal.metric).point()

        return replace(table, weights=max(GRID, key=score))

    def predict(self, model: PhraseTable, split: Split, meta: Meta) -> pd.DataFrame:
        """Translate each source: one hypothesis with its score, and neither alternatives nor attention."""
        found = [model.translate(text) for text in split.ragged("source_text").texts()]
        return pd.DataFrame(
            {
                "hypothesis": [text for text, _ in found],
                "score": [score for _, score in found],
                "nbest": [[text] for text, _ in found],
                "nbest_scores": [[score] for _, score in found],
                "attention": [[] for _ in found],
                "pieces": [text.split() for text, _ in found],
            }
        )

    def to_arrays(self, model: PhraseTable) -> dict[str, Array]:
        """Return phrases and bigrams as tab-separated lines of UTF-8, their numbers, and the weights."""
        options = [(source, *option) for source, found in model.options.items() for option in found]
        bigrams = model.language.bigrams
        return {
            "phrases": _lines((" ".join(source), " ".join(target)) for source, _, target in options),
            "scores": np.array([score for _, score, _ in options]),
            # no word is empty: the edge is written so
            "bigrams": _lines(("" if a == EDGE else a, "" if b == EDGE else b) for a, b in bigrams),
            "counts": np.array(list(bigrams.values()), np.int64),
            "weights": np.array([model.weights.language, model.weights.word]),
        }

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> PhraseTable:
        """Return the table of the arrays."""
        options: dict[Phrase, list[tuple[float, Phrase]]] = {}
        for (source, target), score in zip(_pairs(arrays["phrases"]), arrays["scores"].tolist(), strict=True):
            options.setdefault(_words(source), []).append((score, _words(target)))
        counts = zip(_pairs(arrays["bigrams"]), arrays["counts"].tolist(), strict=True)
        bigrams = Counter({(intern(a or EDGE), intern(b or EDGE)): count for (a, b), count in counts})
        return PhraseTable(options, BigramModel(bigrams), Weights(*arrays["weights"].tolist()))


def _lines(pairs: Iterable[tuple[str, str]]) -> Array:
    return np.frombuffer("".join(f"{a}\t{b}\n" for a, b in pairs).encode(), np.uint8)


def _pairs(lines: Array) -> list[Sequence[str]]:
    return [line.split("\t") for line in lines.tobytes().decode().split("\n")[:-1]]


def _words(phrase: str) -> Phrase:
    return tuple(intern(word) for word in phrase.split(" "))
