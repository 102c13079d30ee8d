"""Translations without a network: the copy, the dictionary, the nearest training sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Baseline
from seqops.core.ragged import Split
from seqops.preprocessing.vocabulary import index_of
from seqops.tasks.translation.data.encoding import WORD, cut

ROUNDS = 5
"""Passes of expectation-maximisation; the likeliest translation hardly changes after them."""
ROWS_AT_ONCE = 256


def all_of(training: Split, sources: Sequence[str]) -> list[Baseline]:
    """Translate the sources by every baseline; the training rows are what they know."""
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
    """Find the likeliest translation of each word by expectation-maximisation.

    Model 1 of Brown et al. 1993, section 4.1, without the empty word; ties go to the first in the alphabet.
    """
    left, right = [cut(text) for text in sources], [cut(text) for text in targets]
    ours, theirs = _words(left), _words(right)
    source, target, token = _beside(left, right, index_of(ours), index_of(theirs))
    cells, cell = np.unique(source * len(theirs) + target, return_inverse=True)
    row = cells // len(theirs)
    chance = np.ones(len(cells))
    for _ in range(ROUNDS):
        wanted = chance[cell]
        shares = wanted / np.bincount(token, wanted)[token]  # of one target word, among those beside it
        counts = np.bincount(cell, shares, len(cells))
        chance = counts / np.bincount(row, counts)[row]
    order = np.lexsort((cells, -chance, row))
    best = order[np.r_[True, row[order][1:] != row[order][:-1]]] if len(order) else order
    return {ours[row[i]]: theirs[cells[i] % len(theirs)] for i in best}


def _words(texts: Iterable[Iterable[str]]) -> list[str]:
    return sorted({word for text in texts for word in text})


def _beside(
    left: Sequence[list[str]], right: Sequence[list[str]], ours: Mapping[str, int], theirs: Mapping[str, int]
) -> tuple[npt.NDArray[np.int64], ...]:
    """List every two words beside each other in a pair: source word, target word, target token; (N,) each."""
    source, target, token = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    seen = 0
    for a, b in zip(left, right, strict=True):
        source.append(np.tile([ours[word] for word in a], len(b)))
        target.append(np.repeat([theirs[word] for word in b], len(a)))
        token.append(np.repeat(np.arange(seen, seen + len(b)), len(a)))
        seen += len(b)
    return np.concatenate(source), np.concatenate(target), np.concatenate(token)


def word_by_word(text: str, dictionary: Mapping[str, str]) -> str:
    """Put each word's translation in its place; a word never seen stays as it is."""
    words = " ".join(dictionary.get(word.lower(), word) for word in WORD.findall(text))
    joined = re.sub(r"([¿¡])\s+", r"\1", re.sub(r"\s+([^\w\s¿¡])", r"\1", words))
    return joined[:1].upper() + joined[1:]


def nearest(known: Sequence[str], targets: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Take the translation of the training sentence nearest by the cosine of TF-IDF vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    weigh = TfidfVectorizer(token_pattern=WORD.pattern, ngram_range=(1, 2), sublinear_tf=True)
    memory = weigh.fit_transform(known).T.tocsr()
    asked = weigh.transform(sources)
    best: list[int] = []
    for start in range(0, len(sources), ROWS_AT_ONCE):
        best += (asked[start : start + ROWS_AT_ONCE] @ memory).toarray().argmax(axis=1).tolist()
    return [targets[i] for i in best]
