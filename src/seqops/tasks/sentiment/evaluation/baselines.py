"""Baselines without a network, fitted on labelled training rows; all predict probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.sentiment.data.encoding import labelled
from seqops.tasks.sentiment.metrics import Floats, predictions
from seqops.tasks.sentiment.model.classical import ClassicalKind, LabelledTexts, TextClassifier, goal_of

NAMES: dict[ClassicalKind, str] = {
    "tfidf_logistic": "TF-IDF logistic regression",
    "nb_logistic": "NB logistic regression",
    "linear_svm": "linear SVM",
}
SVM_CHARACTERS = 3_000_000
"""Characters of the training texts up to which the SVM is fitted: its n-grams of characters are many."""


def majority(train: Split, rows: int, classes: int) -> pd.DataFrame:
    """Predict the most frequent class for every row, with the class shares as probabilities."""
    shares = shares_of(train, classes)
    return predictions(np.tile(shares, (rows, 1)))


def prior(train: Split, rows: int, classes: int, seed: int) -> pd.DataFrame:
    """Draw each row's class at random by the class shares."""
    shares = shares_of(train, classes)
    drawn = np.random.default_rng(seed).choice(classes, rows, p=shares)
    return predictions(np.tile(shares, (rows, 1)), drawn)


def shares_of(train: Split, classes: int) -> Floats:
    """Return the share of each class among the labelled rows: (K,)."""
    counts = np.bincount(labelled(train).plain("label"), minlength=classes)
    shares: Floats = counts / counts.sum()
    return shares


def classical(splits: Mapping[str, Split], metrics: Metrics, meta: Meta) -> list[Baseline]:
    """Fit the classical models of the task to labelled training texts, tuned by the goal on validation texts.

    The SVM is left out where the training texts are long: see `SVM_CHARACTERS`.
    """
    texts = LabelledTexts.of(splits)
    goal, found = goal_of(metrics, texts.validation, meta), []
    for kind, name in NAMES.items():
        if kind == "linear_svm" and sum(map(len, texts.train.ragged("texts").texts())) > SVM_CHARACTERS:
            continue
        model = TextClassifier(kind)
        fitted = model.fit_to(texts, goal, len(meta["labels"]))
        predicted = model.predict(fitted, splits["test"], meta)
        found.append(Baseline(name, "classical", predicted, model_kind=kind))
    return found
