"""A trigram language model of target words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from seqops.preprocessing.discounts import closed_form

EDGE = "\n"
"""The word before the first and after the last word of a sentence."""
Words = tuple[str, ...]


class TrigramModel:
    """Interpolated trigrams with modified Kneser-Ney smoothing (Chen and Goodman 1999, section 3).

    The logarithms are kept as in an ARPA file: of the probability of each n-gram that was counted, and of the
    share that each history leaves to the lower order.
    """

    def __init__(self, trigrams: Counter[Words]) -> None:
        self.trigrams = trigrams
        bigrams = Counter(trigram[1:] for trigram in trigrams)
        unigrams = Counter(bigram[1:] for bigram in bigrams)
        self._unseen = -math.log(len(unigrams) + 1)
        self._logs: dict[Words, float] = {}
        self._left: dict[Words, float] = {}
        for counts in (unigrams, bigrams, trigrams):
            self._logs.update(self._interpolated(counts))

    @classmethod
    def count(cls, sentences: Iterable[list[str]]) -> TrigramModel:
        """Count the trigrams of sentences, with two edges before and one after each."""
        trigrams: Counter[Words] = Counter()
        for sentence in sentences:
            before = [EDGE, EDGE, *sentence]
            trigrams.update(zip(before, before[1:], [*sentence, EDGE], strict=False))
        return cls(trigrams)

    def log_probability(self, history: Words, word: str) -> float:
        """Return the natural logarithm of the probability of a word; history: up to two words before it."""
        left = 0.0
        for start in range(len(history) + 1):
            known = history[start:]
            found = self._logs.get((*known, word))
            if found is not None:
                return left + found
            left += self._left.get(known, 0.0)
        return left + self._unseen

    def _interpolated(self, counts: Counter[Words]) -> Iterator[tuple[Words, float]]:
        """Yield the logarithms of the n-grams of an order, and keep what their histories leave."""
        discounts: list[float] = closed_form(np.array(list(counts.values()), np.int64)).tolist()
        totals: Counter[Words] = Counter()
        freed: dict[Words, float] = {}
        for ngram, count in counts.items():
            totals[ngram[:-1]] += count
            freed[ngram[:-1]] = freed.get(ngram[:-1], 0.0) + discounts[min(count, 3)]
        self._left |= {history: math.log(freed[history] / total) for history, total in totals.items()}
        for ngram, count in counts.items():
            history, own = ngram[:-1], count - discounts[min(count, 3)]
            lower = math.exp(self.log_probability(history[1:], ngram[-1]) if history else self._unseen)
            yield ngram, math.log((own + freed[history] * lower) / totals[history])
