"""Tokenizers of running text: characters or subwords."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.preprocessing.subwords import SPECIALS, Subwords
from seqops.preprocessing.vocabulary import UNKNOWN, build_vocabulary

Ids = npt.NDArray[np.int32]
UNICODE = 0x110000 - 0x800
"""Number of possible characters: the code points of Unicode without the surrogates."""

UTF8_LIMITS = (0, 0x80, 0x800, 0x10000)
"""The first code points that take 1, 2, 3 and 4 bytes."""

BREAK = "\n"
"""Precedes every text, as the context of its first token."""


class Tokenizer(Protocol):
    """A mapping from text to ids and back.

    size: of the vocabulary; n_special_tokens: ids below this represent no text and are never generated;
    extra_nats (V,): nats added to the cost of a token that represents more than one text.
    """

    size: int
    n_special_tokens: int
    extra_nats: npt.NDArray[np.float64]

    def encode(self, text: str) -> Ids:
        """Encode a text as ids."""
        ...

    def byte_lengths(self, text: str, ids: Ids) -> Ids:
        """Return the number of UTF-8 bytes of a text that each of its ids stands for: (N,)."""
        ...

    def pieces(self, ids: Ids) -> list[str]:
        """Return the text of each id, for display."""
        ...

    def writer(self) -> Callable[[int], str]:
        """Return a function that decodes ids one by one; an incomplete character is held back."""
        ...


class CharacterTokenizer:
    """Characters as indices into a vocabulary; one outside it is UNKNOWN.

    An unknown character costs the nats of UNKNOWN plus those of a uniform choice among all characters of
    Unicode that the vocabulary lacks.
    """

    n_special_tokens = 2

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary, self.size = list(vocabulary), len(vocabulary)
        known = np.array([ord(c) for c in vocabulary[self.n_special_tokens :]], np.uint32)
        self._order = np.argsort(known)
        self._sorted_points = known[self._order]
        self.extra_nats = np.zeros(self.size)
        self.extra_nats[UNKNOWN] = math.log(UNICODE - len(known))

    def encode(self, text: str) -> Ids:
        """Return the index of every character."""
        points = _code_points(text)
        index = np.minimum(np.searchsorted(self._sorted_points, points), len(self._sorted_points) - 1)
        found = self._sorted_points[index] == points
        return np.where(found, self._order[index] + self.n_special_tokens, UNKNOWN).astype(np.int32)

    def byte_lengths(self, text: str, ids: Ids) -> Ids:
        """Return the bytes of each character, known or not: one to four."""
        return np.searchsorted(UTF8_LIMITS, _code_points(text), side="right").astype(np.int32)

    def pieces(self, ids: Ids) -> list[str]:
        """Return each character."""
        return [self.vocabulary[i] for i in ids]

    def writer(self) -> Callable[[int], str]:
        """Return a function that decodes one character at a time."""
        return lambda token: self.vocabulary[token]


class SubwordTokenizer:
    """Byte-level subwords, which cover every character."""

    n_special_tokens = SPECIALS

    def __init__(self, json: str) -> None:
        self._subwords = Subwords(json, lead="")
        self.size = len(self._subwords)
        self.extra_nats = np.zeros(self.size)

    def encode(self, text: str) -> Ids:
        """Encode a text as subwords, in parts that end between words, which gives the same subwords."""
        parts = [text[a:b] for a, b in passages(text, 1 << 12)]
        return np.array([i for row in self._subwords.encode(parts) for i in row], np.int32)

    def byte_lengths(self, text: str, ids: Ids) -> Ids:
        """Return the bytes of each subword, which may end within a character."""
        return np.array(self._subwords.byte_lengths(), np.int32)[ids]

    def pieces(self, ids: Ids) -> list[str]:
        """Return each subword."""
        return self._subwords.pieces(ids)

    def writer(self) -> Callable[[int], str]:
        """Return a function that decodes subwords to whole characters."""
        return self._subwords.writer()


def fit_tokenizer(text: str, kind: str, min_count: int, vocabulary: int) -> Meta:
    """Fit a tokenizer to a training text. Raises DataError if no character reaches `min_count`."""
    if kind == "character":
        characters = build_vocabulary([text], min_count)
        if len(characters) <= CharacterTokenizer.n_special_tokens:
            raise DataError(
                f"no character occurs {min_count} times in the training text. Lower data.min_count."
            )
        return {"tokens": kind, "vocabulary": characters, "size": len(characters)}
    parts = (text[a:b] for a, b in passages(text, 1 << 12))
    subwords = Subwords.train(parts, vocabulary, lead="")
    return {"tokens": kind, "subwords": subwords.json, "size": len(subwords)}


def tokenizer_from_meta(meta: Meta) -> Tokenizer:
    """Return the tokenizer that `fit_tokenizer` fitted."""
    return (
        CharacterTokenizer(meta["vocabulary"])
        if meta["tokens"] == "character"
        else SubwordTokenizer(meta["subwords"])
    )


def written(tokens: Tokenizer, ids: Iterable[int]) -> str:
    """Decode ids to a text."""
    write = tokens.writer()
    return "".join(write(int(i)) for i in ids)


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def passages(text: str, size: int) -> list[tuple[int, int]]:
    """Split a text into (start, end) of at least `size` characters that end at the end of a word.

    A subword never crosses such a boundary, so the tokens of the parts are those of the whole. Text
    without white space is split at twice the size.
    """
    cuts = [0]
    while len(text) - cuts[-1] > size:
        end, farthest = cuts[-1] + size, min(cuts[-1] + 2 * size, len(text))
        while end < farthest and not (text[end].isspace() and not text[end - 1].isspace()):
            end += 1
        cuts.append(end)
    if cuts[-1] < len(text):
        cuts.append(len(text))
    return list(pairwise(cuts))
