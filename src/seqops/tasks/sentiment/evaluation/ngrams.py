"""N-grams of words and of characters as sparse matrices, for the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqops.tasks.sentiment.data.encoding import NgramTokenizer

Texts = Sequence[str]
Matrices = tuple[Any, Any, Any]
"""Sparse matrices of the training, validation and test rows, with the same columns: (n, terms) each."""
MANY_TEXTS = 10_000
"""Training texts from which an n-gram must occur in two of them: those of one text are most of the memory."""
WORDS = NgramTokenizer(lowercase=True, ngrams=1, stop_words="none")


@dataclass(frozen=True)
class WordCounts:
    """Counts of n-grams, and the number of words of each."""

    matrices: Matrices
    orders: Any


def counts(train: Texts, validation: Texts, test: Texts, longest: int = 3) -> WordCounts:
    """Count the n-grams of 1 to `longest` words or punctuation marks that occur in training texts."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        tokenizer=WORDS.tokens,
        token_pattern=None,
        lowercase=False,  # the tokenizer does it
        ngram_range=(1, longest),
        min_df=_least(train),
        dtype=np.float32,
    )
    matrices = (vectorizer.fit_transform(train), *(vectorizer.transform(part) for part in (validation, test)))
    orders = np.array([term.count(" ") + 1 for term in vectorizer.get_feature_names_out()])
    return WordCounts(matrices, orders)


def up_to(order: int, counted: WordCounts) -> Matrices:
    """Select the n-grams of at most `order` words."""
    columns = np.flatnonzero(counted.orders <= order)
    train, validation, test = (part[:, columns] for part in counted.matrices)
    return train, validation, test


def tfidf(counted: Matrices) -> Matrices:
    """Weight counts by 1 + ln(count) and inverse document frequency in training, to norm 1."""
    from sklearn.feature_extraction.text import TfidfTransformer

    weighting = TfidfTransformer(sublinear_tf=True).fit(counted[0])
    train, validation, test = (weighting.transform(part) for part in counted)
    return train, validation, test


def characters(train: Texts, validation: Texts, test: Texts, words: WordCounts) -> Matrices:
    """Return TF-IDF of words and word pairs beside that of 2 to 5 characters inside words."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=_least(train), dtype=np.float32
    )
    spelled = (vectorizer.fit_transform(train), vectorizer.transform(validation), vectorizer.transform(test))
    both = zip(tfidf(up_to(2, words)), spelled, strict=True)
    first, second, third = (hstack(pair, format="csr") for pair in both)
    return first, second, third


def _least(train: Texts) -> int:
    return 2 if len(train) >= MANY_TEXTS else 1
