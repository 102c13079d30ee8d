"""Skip-gram with negative sampling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqops.core.errors import DataError
from seqops.preprocessing.vocabulary import build_vocabulary, index_of
from seqops.word_vectors.pairs import Ints, keep_chances, pairs
from seqops.word_vectors.tables import Floats, PairTables

MIN_COUNT = 5
"""Occurrences in the training texts that a word needs to get a vector."""
NEGATIVES = 5
"""Words drawn for each pair that are not near."""
BATCH = 512


@dataclass(frozen=True)
class WordVectors:
    """Words by frequency, their occurrences (V,) and their vectors (V, D)."""

    words: list[str]
    counts: Ints
    vectors: Floats

    def neighbours(self, word: str, number: int) -> list[tuple[str, float]]:
        """Return the words whose vectors have the largest cosines with that of a word, and these."""
        unit = self.unit()
        place = self.words.index(word)
        cosines = unit @ unit[place]
        nearest = [i for i in np.argsort(-cosines, kind="stable")[: number + 1] if i != place]
        return [(self.words[i], float(cosines[i])) for i in nearest[:number]]

    def unit(self) -> Floats:
        """Return the vectors divided by their norms: (V, D)."""
        norms = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        unit: Floats = self.vectors / np.maximum(norms, np.finfo(np.float32).tiny)
        return unit


def learn(texts: Sequence[Sequence[str]], dimensions: int, epochs: int, seed: int) -> WordVectors:
    """Learn vectors of the words that occur at least `MIN_COUNT` times in tokenized texts.

    Negatives are drawn by counts to the power 3/4. AdaGrad (Duchi et al. 2011) takes the place of a falling
    rate, because a batch adds the changes of all its pairs. Raises DataError if fewer than two words are
    left. Source: Mikolov et al. 2013, section 2.2.
    """
    counted = Counter(word for text in texts for word in text)
    words = build_vocabulary(texts, MIN_COUNT, specials=())
    if len(words) < 2:
        raise DataError(
            f"fewer than two words occur {MIN_COUNT} times in the training texts. Give more texts; for "
            "texts without spaces between words there are no vectors."
        )
    known = index_of(words)
    rows = [np.array([known[w] for w in text if w in known], np.int64) for text in texts]
    counts = np.array([counted[word] for word in words])
    random = np.random.default_rng(seed)
    tables = PairTables(len(words), dimensions, random)
    noise, chances = np.cumsum(counts**0.75), keep_chances(counts)
    for _ in range(epochs):
        centres, near = pairs(rows, chances, random)
        for start in range(0, len(centres), BATCH):
            batch = slice(start, start + BATCH)
            drawn = random.random((len(centres[batch]), NEGATIVES)) * noise[-1]
            negatives = np.searchsorted(noise, drawn, side="right")
            tables.update(centres[batch], np.column_stack([near[batch], negatives]))
    return WordVectors(words, counts, tables.words.values)
