"""Baselines without a network: copy, word-by-word dictionary, nearest training sentence, phrase table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.translation.data.encoding import WORD, split_words
from seqops.tasks.translation.metrics import Metrics
from seqops.tasks.translation.model.detokenize import joined
from seqops.tasks.translation.model.phrase_based import PhraseBased
from seqops.tasks.translation.model.word_alignment import Cooccurrences

PHRASE_TABLE = "phrase_table"
ITERATIONS = 5
"""Iterations of expectation-maximisation; the most likely translations hardly change after them."""
ROWS_AT_ONCE = 256


def all_of(metrics: Metrics, splits: Mapping[str, Split], meta: Meta, model_kind: str) -> list[Baseline]:
    """Translate the test sources by every baseline, fitted on the training rows alone; see `baselines`."""
    sources = splits["test"].ragged("source_text").texts()
    known = splits["train"].ragged("source_text").texts()
    targets = splits["train"].ragged("references").texts()
    dictionary = learn_dictionary(known, targets)
    words = [word_by_word(text, dictionary) for text in sources]
    trivial = [
        Baseline("copy", "trivial", pd.DataFrame({"hypothesis": list(sources)})),
        Baseline("dictionary", "trivial", pd.DataFrame({"hypothesis": words})),
        Baseline(
            "nearest-sentence", "trivial", pd.DataFrame({"hypothesis": nearest(known, targets, sources)})
        ),
    ]
    return trivial if model_kind == PHRASE_TABLE else [*trivial, by_phrases(metrics, splits, meta)]


def by_phrases(metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> Baseline:
    """Translate by a phrase table, whose weights are chosen on validation rows."""
    model = PhraseBased()
    table = model.fit(metrics, splits, meta)
    predicted = model.predict(table, splits["test"], meta)
    return Baseline("phrase table", "classical", predicted, table.weights.summary(), model_kind=PHRASE_TABLE)


def learn_dictionary(sources: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """Find the most likely translation of each word by IBM Model 1; ties go to the alphabetically first."""
    pairs = Cooccurrences.of([split_words(text) for text in sources], [split_words(text) for text in targets])
    probability, row = pairs.probabilities(ITERATIONS), pairs.cells // len(pairs.target_words)
    order = np.lexsort((pairs.cells, -probability, row))
    best = order[np.r_[True, row[order][1:] != row[order][:-1]]] if len(order) else order
    target = pairs.cells % len(pairs.target_words)
    return {pairs.source_words[row[i]]: pairs.target_words[target[i]] for i in best}


def word_by_word(text: str, dictionary: Mapping[str, str]) -> str:
    """Replace each word by its translation; an unknown word is kept."""
    return joined(dictionary.get(word.lower(), word) for word in WORD.findall(text))


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
