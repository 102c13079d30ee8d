"""Encoding of texts as sequences of word ids and as n-gram counts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.subwords import Subwords
from seqops.preprocessing.vocabulary import UNKNOWN, build_vocabulary, coverage_size, index_of
from seqops.preprocessing.word_pieces import WordPieces

TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
MARKUP = re.compile(r"<br\s*/?>")
StopWords = Literal["none", "english"]


def labelled(split: Split) -> Split:
    """Return the labelled rows."""
    known = split.plain("label") >= 0
    return split if known.all() else split.take(np.flatnonzero(known))


@dataclass(frozen=True)
class NgramTokenizer:
    """Splits texts into words and punctuation marks; n-grams skip punctuation and stop words."""

    lowercase: bool
    ngrams: int
    stop_words: StopWords

    def plain(self, text: str) -> str:
        """Return a text in its case, in which `<br>` is a space."""
        text = MARKUP.sub(" ", text)
        return text.lower() if self.lowercase else text

    def tokens(self, text: str) -> list[str]:
        """Split a text into words, with inner apostrophes, and punctuation marks."""
        return TOKEN.findall(self.plain(text))

    def terms(self, tokens: Sequence[str]) -> list[str]:
        """List the n-grams of 1 to `ngrams` words."""
        stopped = stop_words(self.stop_words)
        words = [t for t in tokens if (t[0].isalnum() or t[0] == "_") and t not in stopped]
        sizes = range(1, self.ngrams + 1)
        return [" ".join(words[i : i + n]) for n in sizes for i in range(len(words) - n + 1)]


def stop_words(name: StopWords) -> frozenset[str]:
    """Return no words, or the English list of scikit-learn, which includes `not` and `no`."""
    if name == "none":
        return frozenset()
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def fit_text_encoding(
    texts: Iterable[str], tokenizer: NgramTokenizer, min_count: int, vocabulary: int, features: int
) -> Meta:
    """Learn the words, the n-grams and their inverse document frequencies from training texts.

    min_count: rows that a word or n-gram must occur in; vocabulary, features: maximum number of words and of
    n-grams, the most frequent ones. idf is ln((1 + n) / (1 + df)) + 1, as in scikit-learn.
    """
    rows = [tokenizer.tokens(text) for text in texts]
    terms = [set(tokenizer.terms(row)) for row in rows]
    kept = build_vocabulary(terms, min_count, specials=())[:features]
    seen = Counter(term for row in terms for term in row)
    words = build_vocabulary((set(row) for row in rows), min_count)[: vocabulary + 2]
    return {
        "words": words,
        "frequent": coverage_size(rows, words),
        "terms": kept,
        "idf": [math.log((1 + len(rows)) / (1 + seen[term])) + 1 for term in kept],
    }


def fit_subwords(texts: Iterable[str], tokenizer: NgramTokenizer, vocabulary: int) -> Meta:
    """Learn at most `vocabulary` subwords from training texts, as `subwords` of a meta."""
    subwords = Subwords.train(map(tokenizer.plain, texts), vocabulary)
    return {"subwords": {"json": subwords.json, "size": len(subwords)}}


def sequence_size(meta: Meta) -> int:
    """Return the number of ids of what a sequence model reads: of words or of subwords."""
    return int(meta["subwords"]["size"]) if "subwords" in meta else len(meta["words"])


def sequence_of(split: Split) -> Ragged:
    """Return the ids of what a sequence model reads of each text: subwords, if it was encoded as these."""
    return split.ragged("subwords" if "subwords" in split.columns else "words")


@dataclass(frozen=True)
class TextEncoder:
    """Encodes texts as arrays by fitted vocabularies."""

    tokenizer: NgramTokenizer
    max_length: int
    words: dict[str, int]
    terms: dict[str, int]
    pieces: WordPieces | None = None
    subwords: Subwords | None = None

    @classmethod
    def from_meta(cls, tokenizer: NgramTokenizer, max_length: int, meta: Meta) -> TextEncoder:
        """Return the encoder of a meta of `fit_text_encoding`; max_length: tokens read of a text."""
        pieces = WordPieces(meta["pretrained"]["tokenizer"]) if "pretrained" in meta else None
        subwords = Subwords(meta["subwords"]["json"]) if "subwords" in meta else None
        vocabularies = (index_of(meta["words"]), index_of(meta["terms"]))
        return cls(tokenizer, max_length, *vocabularies, pieces, subwords)

    def encode(self, texts: Sequence[str]) -> Split:
        """Encode texts: `words`, ids of the first tokens; `terms`, distinct n-gram ids from 1; `counts`.

        With a pretrained encoder also `pieces`, the ids of word pieces; with subwords also `subwords`.
        """
        words, terms, counts = [], [], []
        for text in texts:
            tokens = self.tokenizer.tokens(text)
            ids = [self.words.get(token, UNKNOWN) for token in tokens[: self.max_length]]
            words.append(np.array(ids or [UNKNOWN], np.int32))  # a text may consist of markup only
            term_counts = Counter(self.terms[t] for t in self.tokenizer.terms(tokens) if t in self.terms)
            ids_of_terms = sorted(term_counts)
            terms.append(np.array(ids_of_terms, np.int32) + 1)
            counts.append(np.array([term_counts[i] for i in ids_of_terms], np.int32))
        return Split(
            {
                "words": Ragged.from_rows(words, np.int32),
                "terms": Ragged.from_rows(terms, np.int32),
                "counts": Ragged.from_rows(counts, np.int32),
                "texts": Ragged.from_texts(texts),
                **self._pieces(texts),
                **self._subwords(texts),
            }
        )

    def _pieces(self, texts: Sequence[str]) -> dict[str, Ragged]:
        if self.pieces is None:
            return {}
        plain = [MARKUP.sub(" ", text) for text in texts]
        return {"pieces": Ragged.from_rows(self.pieces.encode(plain, self.max_length), np.int32)}

    def _subwords(self, texts: Sequence[str]) -> dict[str, Ragged]:
        if self.subwords is None:
            return {}
        rows = self.subwords.encode([self.tokenizer.plain(text) for text in texts])
        return {"subwords": Ragged.from_rows((row[: self.max_length] for row in rows), np.int32)}


def shares_of(labels: npt.NDArray[np.int64], classes: int) -> list[float]:
    """Return the share of each class among labels (n,), of which -1 are none; a missing class counts once."""
    counts = np.maximum(np.bincount(labels[labels >= 0], minlength=classes), 1)
    shares: list[float] = (counts / counts.sum()).tolist()
    return shares


def weighted(split: Split, meta: Meta) -> Ragged:
    """Return the tf-idf weights of the `terms` of each row, of norm 1 (Salton and Buckley 1988, `ntc`)."""
    terms, counts = split.ragged("terms"), split.ragged("counts")
    weights = counts.values * np.array([0.0, *meta["idf"]])[terms.values]
    rows = np.repeat(np.arange(len(terms)), terms.lengths)
    norms = np.sqrt(np.bincount(rows, weights**2, minlength=len(terms)))
    return Ragged((weights / norms[rows]).astype(np.float32), terms.offsets)


def labels_of(table: pd.DataFrame, labels: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the index of each row's label: (n,); -1 if it is not one of `labels`."""
    return pd.Index(labels).get_indexer(pd.Index(table["label"])).astype(np.int32)
