"""Pairs of phrases that translate each other, from sentence pairs, with the score of each."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product, takewhile
from typing import NamedTuple

from seqops.tasks.translation.data.encoding import WORD
from seqops.tasks.translation.model.lexicon import Lexicon
from seqops.tasks.translation.model.word_alignment import Links, align

Phrase = tuple[str, ...]
ITERATIONS = 5
DIAGONAL = 4.0
LONGEST = 5
"""Words of a phrase of either language, at most."""
OPTIONS = 20
"""Translations of a phrase that are kept, at most."""


class Option(NamedTuple):
    """A translation of a phrase, with logarithms of probabilities.

    direct: of the translation given the phrase; reverse: of the phrase given the translation; lexical,
    reverse_lexical: the same word by word.
    """

    words: Phrase
    direct: float
    reverse: float
    lexical: float
    reverse_lexical: float


Options = Mapping[Phrase, Sequence[Option]]
"""The translations of each source phrase in lower case, by its own probability and half of the reverse."""


class Cases:
    """Undo the capital letter that begins a sentence, if the word is written otherwise within sentences."""

    def __init__(self, texts: Sequence[str]) -> None:
        forms: Counter[str] = Counter()
        for text in texts:
            words = WORD.findall(text)
            forms.update(words[_opening(words) + 1 :])
        self._usual: dict[str, str] = {}
        for form, _ in sorted(forms.items(), key=lambda item: (-item[1], item[0])):
            self._usual.setdefault(form.lower(), form)

    def words(self, text: str) -> list[str]:
        """Split a text into words, the first one as it is usually written."""
        words = WORD.findall(text)
        first = _opening(words)
        return [self._usual.get(w.lower(), w.lower()) if i == first else w for i, w in enumerate(words)]


def tokenised(sources: Sequence[str], targets: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the words of both sides, sources in lower case, without the pairs of which one is empty."""
    cases = Cases(targets)
    # one object for each distinct word: the phrases of a corpus are millions of references to them
    rows = (
        ([sys.intern(word) for word in lowered(s)], [sys.intern(word) for word in cases.words(t)])
        for s, t in zip(sources, targets, strict=True)
    )
    pairs = [(left, right) for left, right in rows if left and right]
    return [left for left, _ in pairs], [right for _, right in pairs]


def learn_options(left: Sequence[list[str]], right: Sequence[list[str]]) -> Options:
    """Learn the translations of all phrases of tokenised sentence pairs (Koehn et al. 2003)."""
    counts: Counter[tuple[Phrase, Phrase]] = Counter()
    rows = list(zip(left, right, align(left, right, ITERATIONS, DIAGONAL), strict=True))
    for row in rows:
        counts.update(extract(*row))
    turned = ((b, a, {(j, i) for i, j in links}) for a, b, links in rows)
    return _scored(counts, Lexicon.count(rows), Lexicon.count(turned))


def extract(left: list[str], right: list[str], links: Links) -> Iterator[tuple[Phrase, Phrase]]:
    """Yield the phrase pairs that are consistent with the links (Koehn et al. 2003, section 3.1).

    No word of a phrase is linked to a word outside the other; words without a link may be at the borders.
    """
    linked = {t for _, t in links}
    for start in range(len(left)):
        for end in range(start + 1, min(start + LONGEST, len(left)) + 1):
            inside = [t for s, t in links if start <= s < end]
            if not inside:
                continue
            low, high = min(inside), max(inside)
            if any(low <= t <= high and not start <= s < end for s, t in links):
                continue
            lows = [low, *takewhile(lambda t: t not in linked, range(low - 1, -1, -1))]
            highs = [high, *takewhile(lambda t: t not in linked, range(high + 1, len(right)))]
            for first, last in product(lows, highs):
                if last - first < LONGEST:
                    yield tuple(left[start:end]), tuple(right[first : last + 1])


def lowered(text: str) -> list[str]:
    """Split a text into words in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def _scored(
    counts: Mapping[tuple[Phrase, Phrase], int], lexicon: Lexicon, reverse_lexicon: Lexicon
) -> Options:
    """Keep the best translations of each phrase by its own probability and half of the reverse one."""
    sources, targets = Counter[Phrase](), Counter[Phrase]()
    for (source, target), count in counts.items():
        sources[source] += count
        targets[target] += count
    chances: dict[Phrase, list[tuple[Phrase, float, float]]] = {}
    for (source, target), count in counts.items():
        direct, reverse = math.log(count / sources[source]), math.log(count / targets[target])
        chances.setdefault(source, []).append((target, direct, reverse))
    options: dict[Phrase, list[Option]] = {}
    for source, found in chances.items():
        kept = sorted(found, key=lambda o: (-o[1] - 0.5 * o[2], o[0]))[:OPTIONS]
        options[source] = [
            Option(
                *each,
                lexicon.log_probability(source, each[0]),
                reverse_lexicon.log_probability(each[0], source),
            )
            for each in kept
        ]
    return options


def _opening(words: Sequence[str]) -> int:
    """Return the index of the first word that is not a punctuation mark; the last index if there is none."""
    return next((i for i, word in enumerate(words) if word[0].isalnum()), max(len(words) - 1, 0))
