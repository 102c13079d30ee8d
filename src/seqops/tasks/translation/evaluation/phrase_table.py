"""Phrase-based translation without reordering: a phrase table, a bigram model and a Viterbi search."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from operator import itemgetter

from seqops.metrics.translation import bleu
from seqops.preprocessing.scripts import bleu_tokenizer
from seqops.tasks.translation.data.encoding import WORD
from seqops.tasks.translation.evaluation.bigram_model import EDGE, BigramModel
from seqops.tasks.translation.evaluation.detokenize import joined
from seqops.tasks.translation.evaluation.word_alignment import Links, align

Phrase = tuple[str, ...]
ITERATIONS = 5
DIAGONAL = 4.0
LONGEST = 5
"""Words of a phrase of either language, at most."""
OPTIONS = 10
"""Translations of a phrase that the search considers, at most."""
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


GRID = [Weights(*pair) for pair in product((0.5, 1.0, 1.5), (0.0, 1.0, 2.0))]
"""Weights of which the best by BLEU on validation sources are chosen."""
CHOSEN_ON = 300
"""Validation sources that the weights are chosen on, at most."""


class PhraseTable:
    """Translates text by phrases seen in training (Koehn et al. 2003), in the order of the source."""

    def __init__(self, sources: Sequence[str], targets: Sequence[str], wanted: Sequence[str]) -> None:
        """Learn from sentence pairs the phrases that occur in the `wanted` sources."""
        cases = Cases(targets)
        pairs = [(_lowered(s), cases.words(t)) for s, t in zip(sources, targets, strict=True)]
        pairs = [(left, right) for left, right in pairs if left and right]
        left, right = [a for a, _ in pairs], [b for _, b in pairs]
        needed = {phrase for text in wanted for phrase in _phrases(_lowered(text))}
        self._language = BigramModel(right)
        counts: Counter[tuple[Phrase, Phrase]] = Counter()
        for a, b, links in zip(left, right, align(left, right, ITERATIONS, DIAGONAL), strict=True):
            counts.update(extract(a, b, links, needed))
        self._options = _scored(counts)

    def translate(self, text: str, weights: Weights) -> str:
        """Find the best sequence of phrases for a text; a word that no phrase has is copied."""
        spoken = WORD.findall(text)
        lowered = [word.lower() for word in spoken]
        # best score and words that end at each source position, by the last word written
        best: list[dict[str, tuple[float, Phrase]]] = [{} for _ in range(len(spoken) + 1)]
        best[0][EDGE] = 0.0, ()
        for start in range(len(spoken)):
            kept = sorted(best[start].items(), key=lambda item: (-item[1][0], item[0]))[:BEAM]
            for end in range(start + 1, min(start + LONGEST, len(spoken)) + 1):
                options = self._options.get(tuple(lowered[start:end]), ())
                if not options and end == start + 1:
                    options = [(UNKNOWN, (spoken[start],))]
                for (last, (score, words)), (chance, phrase) in product(kept, options):
                    total = score + chance + self._written(last, phrase, weights)
                    if total > best[end].get(phrase[-1], (-math.inf,))[0]:
                        best[end][phrase[-1]] = total, words + phrase
        ends = {
            words: score + weights.language * self._language.log_probability(last, EDGE)
            for last, (score, words) in sorted(best[-1].items())
        }
        return joined(max(ends.items(), key=itemgetter(1))[0])

    def _written(self, last: str, phrase: Phrase, weights: Weights) -> float:
        pairs = zip((last, *phrase), phrase, strict=False)
        spoken = sum(self._language.log_probability(before, word) for before, word in pairs)
        return weights.language * spoken + weights.word * len(phrase)


def fit_and_translate(
    pairs: tuple[Sequence[str], Sequence[str]],
    validation: tuple[Sequence[str], Sequence[Sequence[str]]],
    sources: Sequence[str],
) -> tuple[list[str], Weights]:
    """Translate the sources by phrases of the training pairs, with the weights best on validation sources.

    validation: sources, and all references of each. Returns the translations and the chosen weights.
    """
    known, references = validation[0][:CHOSEN_ON], validation[1][:CHOSEN_ON]
    table, tokenizer = PhraseTable(*pairs, [*known, *sources]), bleu_tokenizer(" ".join(pairs[1]))

    def score(weights: Weights) -> float:
        return bleu([table.translate(text, weights) for text in known], references, tokenizer).point()

    chosen = max(GRID, key=score)
    return [table.translate(text, chosen) for text in sources], chosen


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


def extract(
    left: list[str], right: list[str], links: Links, needed: set[Phrase]
) -> Iterator[tuple[Phrase, Phrase]]:
    """Yield the phrase pairs that are consistent with the links (Koehn et al. 2003, section 3.1).

    No word of a phrase is linked to a word outside the other; words without a link may be at the borders.
    """
    linked = {t for _, t in links}
    for start in range(len(left)):
        for end in range(start + 1, min(start + LONGEST, len(left)) + 1):
            phrase = tuple(left[start:end])
            inside = [t for s, t in links if start <= s < end]
            if phrase not in needed or not inside:
                continue
            low, high = min(inside), max(inside)
            if any(low <= t <= high and not start <= s < end for s, t in links):
                continue
            lows = [low, *takewhile(lambda t: t not in linked, range(low - 1, -1, -1))]
            highs = [high, *takewhile(lambda t: t not in linked, range(high + 1, len(right)))]
            for first, last in product(lows, highs):
                if last - first < LONGEST:
                    yield phrase, tuple(right[first : last + 1])


def _scored(counts: Mapping[tuple[Phrase, Phrase], int]) -> dict[Phrase, list[tuple[float, Phrase]]]:
    """Score each translation by the logarithm of its probability, and half of that of the reverse one."""
    sources, targets = Counter[Phrase](), Counter[Phrase]()
    for (source, target), count in counts.items():
        sources[source] += count
        targets[target] += count
    options: dict[Phrase, list[tuple[float, Phrase]]] = {}
    for (source, target), count in counts.items():
        score = math.log(count / sources[source]) + 0.5 * math.log(count / targets[target])
        options.setdefault(source, []).append((score, target))
    return {source: sorted(found, key=lambda o: (-o[0], o[1]))[:OPTIONS] for source, found in options.items()}


def _phrases(words: Sequence[str]) -> Iterator[Phrase]:
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            yield tuple(words[start:end])


def _lowered(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _opening(words: Sequence[str]) -> int:
    """Return the index of the first word that is not a punctuation mark; the last index if there is none."""
    return next((i for i, word in enumerate(words) if word[0].isalnum()), max(len(words) - 1, 0))
