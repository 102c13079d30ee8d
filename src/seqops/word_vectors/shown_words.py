"""The words whose neighbours are shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from seqops.core.errors import DataError, quoted
from seqops.core.yaml_file import did_you_mean
from seqops.word_vectors.skip_gram import MIN_COUNT, WordVectors

FREQUENT_WORDS = 8
NEIGHBOURS = 5


def chosen_words(found: WordVectors, wanted: Sequence[str]) -> list[str]:
    """Return the wanted words, or if there are none, frequent ones of letters that are no English stop words.

    Raises DataError for a word without a vector.
    """
    known = set(found.words)
    for word in wanted:
        if word not in known:
            raise DataError(
                f"{quoted(word)} does not occur {MIN_COUNT} times in the training texts, and has no vector"
                f"{did_you_mean(word, found.words)}"
            )
    if wanted:
        return list(dict.fromkeys(wanted))
    usual = (word for word in found.words if word.isalpha() and word not in ENGLISH_STOP_WORDS)
    return list(islice(usual, FREQUENT_WORDS)) or found.words[:FREQUENT_WORDS]
