"""Phrase-based translation without reordering: a phrase table, a bigram model and a Viterbi search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from operator import itemgetter

from seqops.tasks.translation.data.encoding import WORD
from seqops.tasks.translation.model.bigram_model import EDGE, BigramModel
from seqops.tasks.translation.model.detokenize import joined
from seqops.tasks.translation.model.phrase_extraction import (
    LONGEST,
    Options,
    Phrase,
    learn_options,
    tokenised,
)

BEAM = 10
"""Last words that the search keeps at each position."""
UNKNOWN = -10.0
"""Logarithm of the probability of a word that is copied because no phrase has it."""


@dataclass(frozen=True)
class Weights:
    """Weights of the language model and of each word written, beside the phrase probabilities'."""

    language: float
    word: float

    def summary(self) -> str:
        """Return the weights in words."""
        return f"weights: language model {self.language:g}, each word {self.word:g}"


@dataclass(frozen=True)
class PhraseTable:
    """Translates text by phrases seen in training (Koehn et al. 2003), in the order of the source."""

    options: Options
    language: BigramModel
    weights: Weights = Weights(1.0, 0.0)

    @classmethod
    def learn(cls, sources: Sequence[str], targets: Sequence[str]) -> PhraseTable:
        """Learn phrases and bigrams from sentence pairs."""
        left, right = tokenised(sources, targets)
        return cls(learn_options(left, right), BigramModel.count(right))

    def translate(self, text: str) -> tuple[str, float]:
        """Return the best sequence of phrases for a text, and its score.

        A word that no phrase has is copied.
        """
        spoken = WORD.findall(text)
        lowered = [word.lower() for word in spoken]
        # best score and words that end at each source position, by the last word written
        best: list[dict[str, tuple[float, Phrase]]] = [{} for _ in range(len(spoken) + 1)]
        best[0][EDGE] = 0.0, ()
        for start in range(len(spoken)):
            kept = sorted(best[start].items(), key=lambda item: (-item[1][0], item[0]))[:BEAM]
            for end in range(start + 1, min(start + LONGEST, len(spoken)) + 1):
                options = self.options.get(tuple(lowered[start:end]), ())
                if not options and end == start + 1:
                    options = [(UNKNOWN, (spoken[start],))]
                for (last, (score, words)), (chance, phrase) in product(kept, options):
                    total = score + chance + self._written(last, phrase)
                    if total > best[end].get(phrase[-1], (-math.inf,))[0]:
                        best[end][phrase[-1]] = total, words + phrase
        ends = {
            words: score + self.weights.language * self.language.log_probability(last, EDGE)
            for last, (score, words) in sorted(best[-1].items())
        }
        words, score = max(ends.items(), key=itemgetter(1))
        return joined(words), score

    def _written(self, last: str, phrase: Phrase) -> float:
        pairs = zip((last, *phrase), phrase, strict=False)
        spoken = sum(self.language.log_probability(before, word) for before, word in pairs)
        return self.weights.language * spoken + self.weights.word * len(phrase)
