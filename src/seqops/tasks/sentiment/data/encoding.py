"""Texts as token ids in order, and as counted n-grams."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.vocabulary import UNKNOWN, build_vocabulary, coverage_size, index_of

TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
MARKUP = re.compile(r"<br\s*/?>")
StopWords = Literal["none", "english"]


def labelled(split: Split) -> Split:
    """Take the rows that have a label."""
    known = split.plain("label") >= 0
    return split if known.all() else split.take(np.flatnonzero(known))


@dataclass(frozen=True)
class NgramTokenizer:
    """Cuts texts to words and signs; stop words and signs are no part of an n-gram."""

    lowercase: bool
    ngrams: int
    stop_words: StopWords

    def tokens(self, text: str) -> list[str]:
        """Cut a text to words, apostrophes inside, and single signs; a line break of HTML is a blank."""
        text = MARKUP.sub(" ", text)
        return TOKEN.findall(text.lower() if self.lowercase else text)

    def terms(self, tokens: Sequence[str]) -> list[str]:
        """List the n-grams of 1 to `ngrams` words."""
        stopped = stop_words(self.stop_words)
        words = [t for t in tokens if (t[0].isalnum() or t[0] == "_") and t not in stopped]
        sizes = range(1, self.ngrams + 1)
        return [" ".join(words[i : i + n]) for n in sizes for i in range(len(words) - n + 1)]


def stop_words(name: StopWords) -> frozenset[str]:
    """Return no words, or scikit-learn's English ones, `not` and `no` among them."""
    if name == "none":
        return frozenset()
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def fit_text_encoding(
    texts: Iterable[str], tokenizer: NgramTokenizer, min_count: int, vocabulary: int, features: int
) -> Meta:
    """Learn the words, the n-grams and their inverse document frequencies from training texts.

    min_count: rows that a word or n-gram must stand in; vocabulary, features: how many are known at most, the
    frequent ones. idf is ln((1 + n) / (1 + df)) + 1, as scikit-learn has it.
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


@dataclass(frozen=True)
class TextEncoder:
    """Turns texts to arrays, by vocabularies learnt before."""

    tokenizer: NgramTokenizer
    max_length: int
    words: dict[str, int]
    terms: dict[str, int]

    @classmethod
    def from_meta(cls, tokenizer: NgramTokenizer, max_length: int, meta: Meta) -> TextEncoder:
        """Read what `fit_text_encoding` wrote; max_length: tokens read of a text."""
        return cls(tokenizer, max_length, index_of(meta["words"]), index_of(meta["terms"]))

    def encode(self, texts: Sequence[str]) -> Split:
        """Encode texts: `words` of the first tokens; `terms`, each once, from 1, and their `counts`."""
        words, terms, counts = [], [], []
        for text in texts:
            tokens = self.tokenizer.tokens(text)
            ids = [self.words.get(token, UNKNOWN) for token in tokens[: self.max_length]]
            words.append(np.array(ids or [UNKNOWN], np.int32))  # a text may be markup alone
            found = Counter(self.terms[t] for t in self.tokenizer.terms(tokens) if t in self.terms)
            places = sorted(found)
            terms.append(np.array(places, np.int32) + 1)
            counts.append(np.array([found[place] for place in places], np.int32))
        return Split(
            {
                "words": Ragged.from_rows(words, np.int32),
                "terms": Ragged.from_rows(terms, np.int32),
                "counts": Ragged.from_rows(counts, np.int32),
                "texts": Ragged.from_texts(texts),
            }
        )


def weighted(split: Split, meta: Meta) -> Ragged:
    """Weight the `terms` of each row by tf-idf, to length 1 (Salton and Buckley 1988, `ntc`)."""
    terms, counts = split.ragged("terms"), split.ragged("counts")
    weights = counts.values * np.array([0.0, *meta["idf"]])[terms.values]
    rows = np.repeat(np.arange(len(terms)), terms.lengths)
    norms = np.sqrt(np.bincount(rows, weights**2, minlength=len(terms)))
    return Ragged((weights / norms[rows]).astype(np.float32), terms.offsets)


def labels_of(table: pd.DataFrame, labels: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Number labels by their place: (n,); -1 for one that is none of them."""
    return pd.Index(labels).get_indexer(pd.Index(table["label"])).astype(np.int32)
