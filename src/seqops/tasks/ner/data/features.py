"""Tokens of a sentence and their features."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqops.core.interfaces import Meta
from seqops.preprocessing.korean import morphemes
from seqops.preprocessing.morpheme_vectors import number_morphemes
from seqops.preprocessing.vocabulary import UNKNOWN, build_vocabulary, coverage_size, index_of

WORD, POS, WORD_POSITION, MORPHEME, CHARACTERS = 0, 1, 2, 3, 4
"""Columns of `features`: ids of the token, of its part of speech, of its position in the space-separated
word (1 the whole word, 2 first, 3 inner, 4 last), its number in Kiwi (0: no vector), and in the fifth and
later ids of its first characters."""
PIECES = {"whitespace": re.compile(r"\w+|[^\w\s]"), "character": re.compile(r"\S")}
TokenizerName = Literal["kiwi", "whitespace", "character"]


@dataclass(frozen=True)
class TokenizedSentence:
    """Tokens of one sentence; `words` is the number of the space-separated word of each token."""

    forms: Sequence[str]
    pos: Sequence[str]
    words: Sequence[int]
    offsets: Sequence[tuple[int, int]] = ()


def tokenize(texts: Sequence[str], tokenizer: TokenizerName) -> list[TokenizedSentence]:
    """Split raw texts into tokens with character offsets.

    `kiwi`: Korean morphemes; `whitespace`: runs of letters and digits, and single other characters,
    without parts of speech; `character`: every character but spaces, without parts of speech.
    """
    if tokenizer != "kiwi":
        return [_pieces(text, PIECES[tokenizer]) for text in texts]
    return [
        _tokens(text, [(m.form, m.tag, m.start, m.end) for m in found])
        for text, found in zip(texts, morphemes(texts), strict=True)
    ]


def _pieces(text: str, piece: re.Pattern[str]) -> TokenizedSentence:
    return _tokens(text, [(m[0], "", m.start(), m.end()) for m in piece.finditer(text)])


def _tokens(text: str, found: Iterable[tuple[str, str, int, int]]) -> TokenizedSentence:
    rows = list(found)
    spaces = np.cumsum([character.isspace() for character in text])
    return TokenizedSentence(
        [form for form, *_ in rows],
        [pos for _, pos, *_ in rows],
        [int(spaces[start]) for *_, start, _ in rows],
        [(start, end) for *_, start, end in rows],
    )


def fit_vocabularies(sentences: Sequence[TokenizedSentence], min_count: int, width: int) -> Meta:
    """Learn the vocabularies of words, characters and parts of speech from training sentences.

    min_count: occurrences that a word needs; width: characters read of a token.
    """
    forms = [[mask_digits(form) for form in s.forms] for s in sentences]
    words = build_vocabulary(forms, min_count)
    return {
        "words": words,
        "frequent": coverage_size(forms, words),
        "characters": build_vocabulary("".join(s.forms) for s in sentences),
        "pos": build_vocabulary(s.pos for s in sentences),
        "width": width,
    }


def mask_digits(form: str) -> str:
    """Replace every digit by 0, so that numbers of one form share an embedding."""
    return re.sub(r"\d", "0", form)


@dataclass(frozen=True)
class FeatureEncoder:
    """Encodes tokens as features by the learnt vocabularies."""

    words: dict[str, int]
    characters: dict[str, int]
    pos: dict[str, int]
    width: int
    numbered: bool = False

    @classmethod
    def from_meta(cls, meta: Meta) -> FeatureEncoder:
        """Read what `fit_vocabularies` returned; morphemes are numbered if the meta has their `vectors`."""
        words, characters, pos = (index_of(meta[name]) for name in ("words", "characters", "pos"))
        return cls(words, characters, pos, meta["width"], "vectors" in meta)

    def features(self, tokens: TokenizedSentence) -> npt.NDArray[np.int32]:
        """Return (T, 4 + width) ids; the constants above name the columns."""
        out = np.zeros((len(tokens.forms), CHARACTERS + self.width), np.int32)
        out[:, WORD] = [self.words.get(mask_digits(f), UNKNOWN) for f in tokens.forms]
        out[:, POS] = [self.pos.get(p, UNKNOWN) for p in tokens.pos]
        out[:, WORD_POSITION] = word_positions(tokens.words)
        if self.numbered:
            out[:, MORPHEME] = number_morphemes(tokens.forms, tokens.pos)
        for row, form in enumerate(tokens.forms):
            ids = [self.characters.get(c, UNKNOWN) for c in form[: self.width]]
            out[row, CHARACTERS : CHARACTERS + len(ids)] = ids
        return out


def word_positions(words: Sequence[int]) -> npt.NDArray[np.int32]:
    """Return the position of each token in its space-separated word, 1 to 4: (T,)."""
    numbers = np.asarray(words, np.int64)
    border = np.concatenate([[True], numbers[1:] != numbers[:-1], [True]])[: len(numbers) + 1]
    first, last = border[:-1], border[1:]
    return np.select([first & last, first, last], [1, 2, 4], 3).astype(np.int32)
