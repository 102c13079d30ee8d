"""Probabilities of single words, from the links of sentence pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seqops.tasks.translation.model.word_alignment import Links

NOTHING = ""
"""What a word without a link is linked to."""
LEAST = 1e-7


@dataclass(frozen=True)
class Lexicon:
    """How often words were linked: pairs of a given and a written word, and given words."""

    pairs: Counter[tuple[str, str]]
    given: Counter[str]

    @classmethod
    def count(cls, rows: Iterable[tuple[Sequence[str], Sequence[str], Links]]) -> Lexicon:
        """Count the links (given, written) of sentence pairs."""
        pairs: Counter[tuple[str, str]] = Counter()
        for given, written, links in rows:
            left, right = {i for i, _ in links}, {j for _, j in links}
            pairs.update((given[i], written[j]) for i, j in links)
            pairs.update((word, NOTHING) for i, word in enumerate(given) if i not in left)
            pairs.update((NOTHING, word) for j, word in enumerate(written) if j not in right)
        totals: Counter[str] = Counter()
        for (word, _), count in pairs.items():
            totals[word] += count
        return cls(pairs, totals)

    def log_probability(self, given: Sequence[str], written: Sequence[str]) -> float:
        """Return the logarithm of the probability of a phrase word by word, given another.

        Each word is credited to the word that makes it most probable, or to none. It is the lexical weight of
        Koehn et al. 2003 with that word in the place of an average over links.
        """
        known = (*given, NOTHING)
        each = (max(self._probability(before, word) for before in known) for word in written)
        return sum(math.log(max(found, LEAST)) for found in each)

    def _probability(self, given: str, written: str) -> float:
        return self.pairs.get((given, written), 0) / max(self.given.get(given, 0), 1)
