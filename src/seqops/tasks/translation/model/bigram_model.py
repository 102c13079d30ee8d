"""A bigram language model of target words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

EDGE = "\n"
"""The word before the first and after the last word of a sentence."""
DISCOUNT = 0.75


class BigramModel:
    """Bigrams with absolute discounting, interpolated with unigrams (Chen and Goodman 1999, section 2.7)."""

    def __init__(self, bigrams: Counter[tuple[str, str]]) -> None:
        self.bigrams = bigrams
        self._before, self._after, self._kinds = Counter[str](), Counter[str](), Counter[str]()
        for (before, after), count in bigrams.items():
            self._before[before] += count
            self._after[after] += count
            self._kinds[before] += 1
        self._total = self._after.total() + len(self._after) + 1

    @classmethod
    def count(cls, sentences: Iterable[list[str]]) -> BigramModel:
        """Count the bigrams of sentences, edges included."""
        bigrams: Counter[tuple[str, str]] = Counter()
        for sentence in sentences:
            bigrams.update(zip([EDGE, *sentence], [*sentence, EDGE], strict=True))
        return cls(bigrams)

    def log_probability(self, before: str, word: str) -> float:
        """Return the natural logarithm of the probability of a word after another."""
        unigram = (self._after[word] + 1) / self._total
        seen = self._before[before]
        if not seen:
            return math.log(unigram)
        found = max(self.bigrams[before, word] - DISCOUNT, 0) / seen
        return math.log(found + DISCOUNT * self._kinds[before] / seen * unigram)
