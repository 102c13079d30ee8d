"""Baselines without a network: copy, word-by-word dictionary, nearest training sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Baseline
from seqops.core.ragged import Split
from seqops.preprocessing.vocabulary import index_of
from seqops.tasks.translation.data.encoding import WORD, split_words

ITERATIONS = 5
"""Iterations of expectation-maximisation; the most likely translations hardly change after them."""
ROWS_AT_ONCE = 256


def all_of(training: Split, sources: Sequence[str]) -> list[Baseline]:
    """Translate the sources by every baseline, fitted on the training rows."""
    known = training.ragged("source_text").texts()
    targets = training.ragged("references").texts()
    dictionary = learn_dictionary(known, targets)
    words = [word_by_word(text, dictionary) for text in sources]
    return [
        Baseline("copy", "trivial", pd.DataFrame({"hypothesis": list(sources)})),
        Baseline("dictionary", "trivial", pd.DataFrame({"hypothesis": words})),
        Baseline(
            "nearest-sentence", "classical", pd.DataFrame({"hypothesis": nearest(known, targets, sources)})
        ),
    ]


def learn_dictionary(sources: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """Find the most likely translation of each word by expectation-maximisation.

    IBM Model 1 (Brown et al. 1993, section 4.1) without the empty word; ties go to the alphabetically first.
    """
    left, right = [split_words(text) for text in sources], [split_words(text) for text in targets]
    source_words, target_words = _words(left), _words(right)
    source, target, token = _cooccurrences(left, right, index_of(source_words), index_of(target_words))
    cells, cell = np.unique(source * len(target_words) + target, return_inverse=True)
    row = cells // len(target_words)
    probability = np.ones(len(cells))
    for _ in range(ITERATIONS):
        weights = probability[cell]
        shares = weights / np.bincount(token, weights)[token]  # posterior of each alignment
        counts = np.bincount(cell, shares, len(cells))
        probability = counts / np.bincount(row, counts)[row]
    order = np.lexsort((cells, -probability, row))
    best = order[np.r_[True, row[order][1:] != row[order][:-1]]] if len(order) else order
    return {source_words[row[i]]: target_words[cells[i] % len(target_words)] for i in best}


def _words(texts: Iterable[Iterable[str]]) -> list[str]:
    return sorted({word for text in texts for word in text})


def _cooccurrences(
    left: Sequence[list[str]],
    right: Sequence[list[str]],
    source_words: Mapping[str, int],
    target_words: Mapping[str, int],
) -> tuple[npt.NDArray[np.int64], ...]:
    """List the co-occurrences in sentence pairs: source word, target word, target token; (N,) each."""
    source, target, token = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    seen = 0
    for a, b in zip(left, right, strict=True):
        source.append(np.tile([source_words[word] for word in a], len(b)))
        target.append(np.repeat([target_words[word] for word in b], len(a)))
        token.append(np.repeat(np.arange(seen, seen + len(b)), len(a)))
        seen += len(b)
    return np.concatenate(source), np.concatenate(target), np.concatenate(token)


def word_by_word(text: str, dictionary: Mapping[str, str]) -> str:
    """Replace each word by its translation; an unknown word is kept."""
    words = " ".join(dictionary.get(word.lower(), word) for word in WORD.findall(text))
    joined = re.sub(r"([¿¡])\s+", r"\1", re.sub(r"\s+([^\w\s¿¡])", r"\1", words))
    return joined[:1].upper() + joined[1:]


def nearest(known: Sequence[str], targets: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Return the translation of the training sentence nearest by cosine similarity of TF-IDF vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=WORD.pattern, ngram_range=(1, 2), sublinear_tf=True)
    training = vectorizer.fit_transform(known).T.tocsr()
    queries = vectorizer.transform(sources)
    best: list[int] = []
    for start in range(0, len(sources), ROWS_AT_ONCE):
        best += (queries[start : start + ROWS_AT_ONCE] @ training).toarray().argmax(axis=1).tolist()
    return [targets[i] for i in best]
