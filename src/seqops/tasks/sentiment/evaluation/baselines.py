"""Classical baselines, fitted to labelled training rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.sentiment.data.dataset import Dataset
from seqops.tasks.sentiment.data.encoding import labelled
from seqops.tasks.sentiment.evaluation.lexicon import Thresholds, sums_of
from seqops.tasks.sentiment.model.classical import ClassicalKind, LabelledTexts, TextClassifier, goal_of

NAMES: dict[ClassicalKind, str] = {
    "tfidf_logistic": "TF-IDF logistic regression",
    "nb_logistic": "NB logistic regression",
    "linear_svm": "linear SVM",
}
SVM_CHARACTERS = 3_000_000
"""Characters of the training texts up to which the SVM is fitted: its n-grams of characters are many."""


def classical(
    splits: Mapping[str, Split], metrics: Metrics, meta: Meta, model_kind: str = ""
) -> list[Baseline]:
    """Fit the classical models of the task but one to labelled training texts, tuned on validation texts.

    The SVM is left out where the training texts are long: see `SVM_CHARACTERS`.
    """
    texts = LabelledTexts.of(splits)
    goal, found = goal_of(metrics, texts.validation, meta), []
    long = sum(map(len, texts.train.ragged("texts").texts())) > SVM_CHARACTERS
    for kind, name in NAMES.items():
        if kind == model_kind or (kind == "linear_svm" and long):
            continue
        model = TextClassifier(kind)
        fitted = model.fit_to(texts, goal, meta)
        predicted = model.predict(fitted, splits["test"], meta)
        found.append(Baseline(name, "classical", predicted, model_kind=kind))
    return found


def of_lexicon(splits: Mapping[str, Split], data: Dataset, meta: Meta) -> list[Baseline]:
    """Fit thresholds of a lexicon's sums to labelled training texts; without a lexicon return none."""
    if "lexicon" not in meta:
        return []
    tokenizer, train = data.encoder(meta).tokenizer, labelled(splits["train"])
    sums, held_out = (
        sums_of(part.ragged("texts").texts(), meta["lexicon"], tokenizer) for part in (train, splits["test"])
    )
    truth = np.asarray(train.plain("label"), np.int64)
    fitted = Thresholds.fit(sums, truth, len(meta["labels"]), balanced=data.decision == "balanced")
    return [
        Baseline("lexicon", "classical", fitted.predict(held_out), settings=fitted.summary(meta["labels"]))
    ]
