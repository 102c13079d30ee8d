"""N-grams of words and of characters as sparse matrices, for the classical classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.tasks.sentiment.data.encoding import NgramTokenizer

Texts = Sequence[str]
Matrix = Any
"""A sparse matrix of texts by n-grams: (n, F)."""
LONGEST = 3
"""Words of the longest n-gram that is counted."""
MANY_TEXTS = 10_000
"""Training texts from which an n-gram must occur in two of them: those of one text are most of the memory."""
WORDS = NgramTokenizer(lowercase=True, ngrams=1, stop_words="none")


@dataclass(frozen=True)
class Terms:
    """N-grams in the order of the columns, and their weights.

    characters: they are 2 to 5 characters inside words, not 1 to `LONGEST` words or punctuation marks; idf:
    inverse document frequencies (F,) of TF-IDF, None if only the presence of an n-gram counts.
    """

    names: Sequence[str]
    characters: bool = False
    idf: npt.NDArray[np.float32] | None = None

    @classmethod
    def counted(cls, train: Texts, characters: bool = False) -> tuple[Terms, Matrix]:
        """Return the n-grams that occur in training texts, and their counts (n, F)."""
        vectorizer = _vectorizer(characters, min_df=2 if len(train) >= MANY_TEXTS else 1)
        counts = vectorizer.fit_transform(train)
        return cls(vectorizer.get_feature_names_out().tolist(), characters), counts

    @cached_property
    def orders(self) -> npt.NDArray[np.int64]:
        """Number of words of each n-gram: (F,)."""
        return np.array([name.count(" ") + 1 for name in self.names], np.int64)

    def up_to(self, order: int) -> tuple[Terms, npt.NDArray[np.int64]]:
        """Return the n-grams of at most `order` words, and their columns."""
        columns = np.flatnonzero(self.orders <= order)
        return Terms([self.names[column] for column in columns.tolist()]), columns

    def counts(self, texts: Texts) -> Matrix:
        """Count the n-grams in each text."""
        from scipy.sparse import csr_matrix

        if not self.names:  # scikit-learn refuses to count nothing
            return csr_matrix(np.zeros((len(texts), 0), np.float32))
        return self._vectorizer.transform(texts)

    @cached_property
    def _vectorizer(self) -> Any:
        return _vectorizer(self.characters, vocabulary=self.names)

    def with_idf(self, counts: Matrix) -> Terms:
        """Return the n-grams weighted by the inverse document frequency in training texts.

        That is ln((1 + n) / (1 + df)) + 1; counts: of the training texts.
        """
        seen = np.bincount(counts.indices, minlength=len(self.names))
        idf = np.log((1 + counts.shape[0]) / (1 + seen)) + 1
        return replace(self, idf=idf.astype(np.float32))

    def weighted(self, counts: Matrix) -> Matrix:
        """Weight counts by 1 + ln(count) and the inverse document frequency, to norm 1; or by presence."""
        from sklearn.preprocessing import normalize

        weights = counts.copy()
        if self.idf is None:
            weights.data = np.ones_like(weights.data)
            return weights
        weights.data = (1 + np.log(weights.data)) * self.idf[weights.indices]
        return normalize(weights)


def stacked(blocks: Sequence[Matrix]) -> Matrix:
    """Return the columns of all matrices side by side."""
    from scipy.sparse import hstack

    return hstack(blocks, format="csr") if len(blocks) > 1 else blocks[0]


def _vectorizer(characters: bool, **settings: Any) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    if characters:
        return CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), dtype=np.float32, **settings)
    return CountVectorizer(
        tokenizer=WORDS.tokens,
        token_pattern=None,
        lowercase=False,  # the tokenizer does it
        ngram_range=(1, LONGEST),
        dtype=np.float32,
        **settings,
    )
