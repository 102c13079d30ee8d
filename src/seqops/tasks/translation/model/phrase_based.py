"""The phrase table as the model of the task, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from itertools import product
from sys import intern

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.core.score import named
from seqops.tasks.translation.model.phrase_extraction import Option, Phrase
from seqops.tasks.translation.model.phrase_table import REACH, PhraseTable, Weights
from seqops.tasks.translation.model.trigram_model import EDGE, TrigramModel

START = Weights(1.0, 0.5, 0.25, 1.25, 1.5)
"""Weights near the best ones of English-Spanish sentences."""
STEPS = (0.5, 0.25)
"""Changes of one weight after the other that are tried on validation sources, in the order of the source."""
JUMPS = (0.5, 1.0, 2.0)
"""Costs of a source word that is skipped, of which the best on validation sources is chosen at last."""
CHOSEN_ON = 1000
"""Validation sources that the weights are chosen on, at most."""
SCORES = 4
"""Scores of an `Option`."""


@dataclass(frozen=True)
class PhraseBased(ClassicalModel):
    """Translates by phrases; a fitted one is a `PhraseTable`."""

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> PhraseTable:
        """Learn from the raw text of the training pairs; choose the weights by the goal."""
        sources, targets = (splits["train"].ragged(name).texts() for name in ("source_text", "references"))
        table = PhraseTable.learn(sources, targets)
        rows = splits["validation"].take(np.arange(min(len(splits["validation"]), CHOSEN_ON)))

        def score(weights: Weights, reach: int) -> float:
            predicted = self.predict(replace(table, weights=weights, reach=reach), rows, meta)
            scores = metrics.score(predicted, rows, meta)
            return named(scores, metrics.goal.metric).point()

        in_order = climb(START, partial(score, reach=0))
        jumping = [replace(in_order, jump=jump) for jump in JUMPS]
        return replace(table, weights=max(jumping, key=partial(score, reach=REACH)))

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
        """Return phrases and trigrams as tab-separated lines of UTF-8, their numbers, and the weights."""
        options = [(source, option) for source, found in model.options.items() for option in found]
        trigrams = model.language.trigrams
        return {
            "phrases": _lines((" ".join(source), " ".join(option.words)) for source, option in options),
            "scores": np.array([option[1:] for _, option in options]).reshape(-1, SCORES),
            # no word is empty: the edge is written so
            "trigrams": _lines(["" if word == EDGE else word for word in trigram] for trigram in trigrams),
            "counts": np.array(list(trigrams.values()), np.int64),
            "weights": np.array(astuple(model.weights)),
        }

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> PhraseTable:
        """Return the table of the arrays."""
        options: dict[Phrase, list[Option]] = {}
        rows = zip(_cells(arrays["phrases"]), arrays["scores"].tolist(), strict=True)
        for (source, target), scores in rows:
            options.setdefault(_words(source), []).append(Option(_words(target), *scores))
        counts = zip(_cells(arrays["trigrams"]), arrays["counts"].tolist(), strict=True)
        trigrams = {tuple(map(_word, trigram)): count for trigram, count in counts}
        return PhraseTable(options, TrigramModel(Counter(trigrams)), Weights(*arrays["weights"].tolist()))


def climb(start: Weights, score: Callable[[Weights], float]) -> Weights:
    """Change one weight after the other, but for the jump's, as long as the score rises."""
    best, highest = start, score(start)
    names = [field.name for field in fields(Weights) if field.name != "jump"]
    for step, name in product(STEPS, names):
        for move in (step, -step):
            before = best
            while (reached := score(tried := replace(best, **{name: getattr(best, name) + move}))) > highest:
                best, highest = tried, reached
            if best != before:
                break
    return best


def _lines(rows: Iterable[Sequence[str]]) -> Array:
    return np.frombuffer("".join("\t".join(row) + "\n" for row in rows).encode(), np.uint8)


def _cells(lines: Array) -> list[Sequence[str]]:
    return [line.split("\t") for line in lines.tobytes().decode().split("\n")[:-1]]


def _word(written: str) -> str:
    return intern(written or EDGE)


def _words(phrase: str) -> Phrase:
    return tuple(intern(word) for word in phrase.split(" "))
