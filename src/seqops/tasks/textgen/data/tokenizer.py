"""What a text is cut to: characters, or subwords of running text."""

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
"""Characters that Unicode has room for: its code points less the surrogates."""

BREAK = "\n"
"""What a text is read to begin after."""


class Tokenizer(Protocol):
    """A way to cut text to ids and to put it together again.

    size: of the vocabulary; n_special_tokens: ids below this stand for no text and are never written;
    surcharge (V,): nats that a token costs beyond its own probability, because more than one text is meant by
    it.
    """

    size: int
    n_special_tokens: int
    extra_nats: npt.NDArray[np.float64]

    def encode(self, text: str) -> Ids:
        """Cut a text to ids."""
        ...

    def starts(self, ids: Ids) -> list[str]:
        """Name the text of each id, for a person."""
        ...

    def writer(self) -> Callable[[int], str]:
        """Return what turns ids, one after another, to text; half a character is held back."""
        ...


class CharacterTokenizer:
    """Characters by their place in a vocabulary; one outside it is UNKNOWN.

    An unknown character costs what UNKNOWN costs, and the choice among all the characters of Unicode that
    the vocabulary lacks.
    """

    n_special_tokens = 2

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary, self.size = list(vocabulary), len(vocabulary)
        known = np.array([ord(c) for c in vocabulary[self.n_special_tokens :]], np.uint32)
        self._order = np.argsort(known)
        self._sorted = known[self._order]
        self.extra_nats = np.zeros(self.size)
        self.extra_nats[UNKNOWN] = math.log(UNICODE - len(known))

    def encode(self, text: str) -> Ids:
        """Look every character up."""
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        place = np.minimum(np.searchsorted(self._sorted, points), len(self._sorted) - 1)
        found = self._sorted[place] == points
        return np.where(found, self._order[place] + self.n_special_tokens, UNKNOWN).astype(np.int32)

    def starts(self, ids: Ids) -> list[str]:
        """Name each character."""
        return [self.vocabulary[i] for i in ids]

    def writer(self) -> Callable[[int], str]:
        """Write each character as it comes."""
        return lambda token: self.vocabulary[token]


class SubwordTokenizer:
    """Subwords over bytes, which know every character."""

    n_special_tokens = SPECIALS

    def __init__(self, json: str) -> None:
        self._subwords = Subwords(json, lead="")
        self.size = len(self._subwords)
        self.extra_nats = np.zeros(self.size)

    def encode(self, text: str) -> Ids:
        """Cut a text to subwords, in parts that end between words, where cutting changes nothing."""
        parts = [text[a:b] for a, b in passages(text, 1 << 12)]
        return np.array([i for row in self._subwords.encode(parts) for i in row], np.int32)

    def starts(self, ids: Ids) -> list[str]:
        """Name each subword."""
        return self._subwords.pieces(ids)

    def writer(self) -> Callable[[int], str]:
        """Write subwords as whole characters."""
        return self._subwords.writer()


def fit_tokenizer(text: str, kind: str, min_count: int, vocabulary: int) -> Meta:
    """Learn what the tokens of a training text are. Raises DataError where nothing is known often enough."""
    if kind == "character":
        characters = build_vocabulary([text], min_count)
        if len(characters) <= CharacterTokenizer.n_special_tokens:
            raise DataError(
                f"no character stands {min_count} times in the training text. Lower data.min_count."
            )
        return {"tokens": kind, "vocabulary": characters, "size": len(characters)}
    parts = (text[a:b] for a, b in passages(text, 1 << 12))
    subwords = Subwords.train(parts, vocabulary, lead="")
    return {"tokens": kind, "subwords": subwords.json, "size": len(subwords)}


def tokenizer_from_meta(meta: Meta) -> Tokenizer:
    """Return the tokens that were learnt."""
    return (
        CharacterTokenizer(meta["vocabulary"])
        if meta["tokens"] == "character"
        else SubwordTokenizer(meta["subwords"])
    )


def written(tokens: Tokenizer, ids: Iterable[int]) -> str:
    """Put ids together to a text."""
    write = tokens.writer()
    return "".join(write(int(i)) for i in ids)


def passages(text: str, size: int) -> list[tuple[int, int]]:
    """Cut a text to (start, end) of at least `size` characters that end where a word does.

    A subword never reaches over such a place, so the tokens of the parts are those of the whole. Text
    without blanks is cut at twice the size.
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
