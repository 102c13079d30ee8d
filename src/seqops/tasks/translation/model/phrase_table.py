"""Phrase-based translation: a phrase table, a trigram model, and phrases that change places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqops.tasks.translation.data.encoding import WORD
from seqops.tasks.translation.model.detokenize import joined
from seqops.tasks.translation.model.phrase_extraction import (
    LONGEST,
    Option,
    Options,
    Phrase,
    learn_options,
    tokenised,
)
from seqops.tasks.translation.model.phrase_search import best_translation
from seqops.tasks.translation.model.trigram_model import TrigramModel

TRIED = 10
"""Translations of each phrase that the search tries, at most."""
REACH = 6
"""Source words after the first one without a translation at which the next phrase may start, at most."""
REORDERED = 60
"""Words of a sentence up to which phrases may change places: in longer ones the search takes long."""
UNKNOWN = -10.0
"""Logarithm of the probability of a word that is copied because it is no phrase by itself."""


@dataclass(frozen=True)
class Weights:
    """Weights of a log-linear model (Och and Ney 2002), of which the direct probability's is 1.

    reverse, lexical, reverse_lexical: of the scores of an `Option`; language: of the language model; word,
    phrase: added for each word and each phrase that is written; jump: the cost of each source word that is
    skipped, forwards or back.
    """

    reverse: float = 0.5
    lexical: float = 0.0
    reverse_lexical: float = 0.0
    language: float = 1.0
    word: float = 0.0
    phrase: float = 0.0
    jump: float = 0.5

    def of(self, option: Option) -> float:
        """Return the score of a translation of a phrase without the language model's."""
        return (
            option.direct
            + self.reverse * option.reverse
            + self.lexical * option.lexical
            + self.reverse_lexical * option.reverse_lexical
            + self.word * len(option.words)
            + self.phrase
        )

    def summary(self) -> str:
        """Return the weights in words."""
        return (
            f"weights: reverse probability {self.reverse:g}, word by word {self.lexical:g} and reverse"
            f" {self.reverse_lexical:g}, language model {self.language:g}, each word {self.word:g},"
            f" each phrase {self.phrase:g}, each source word skipped {0 - self.jump:g}"
        )


@dataclass(frozen=True)
class PhraseTable:
    """Translates text by phrases seen in training (Koehn et al. 2003)."""

    options: Options
    language: TrigramModel
    weights: Weights = Weights()
    reach: int = REACH

    @classmethod
    def learn(cls, sources: Sequence[str], targets: Sequence[str]) -> PhraseTable:
        """Learn phrases and trigrams from sentence pairs."""
        left, right = tokenised(sources, targets)
        return cls(learn_options(left, right), TrigramModel.count(right))

    def translate(self, text: str) -> tuple[str, float]:
        """Return the best sequence of phrases for a text, and its score.

        A word that is no phrase by itself is copied. In a sentence of more than `REORDERED` words, phrases
        keep their order.
        """
        spoken, longest = WORD.findall(text), range(1, LONGEST + 1)
        spans = ((i, i + n) for i in range(len(spoken)) for n in longest if i + n <= len(spoken))
        options = {(start, end): self._best_options(spoken[start:end]) for start, end in spans}
        reach = self.reach if len(spoken) <= REORDERED else 0
        words, score = best_translation(len(spoken), options, self._fluency, self.weights.jump, reach)
        return joined(words), score

    def _best_options(self, spoken: Sequence[str]) -> Sequence[tuple[float, Phrase]]:
        """Return the best translations of a phrase with their scores; a word without any is copied."""
        options = self.options.get(tuple(word.lower() for word in spoken), ())
        if not options and len(spoken) == 1:
            options = [Option(tuple(spoken), UNKNOWN, 0.0, 0.0, 0.0)]
        scored = [(self.weights.of(option), option.words) for option in options]
        return sorted(scored, key=lambda item: (-item[0], item[1]))[:TRIED]

    def _fluency(self, before: Phrase, words: Phrase) -> float:
        """Return the weighted score of words after others by the language model."""
        total, last = 0.0, before
        for word in words:
            total += self.language.log_probability(last, word)
            last = (*last, word)[-2:]
        return self.weights.language * total
