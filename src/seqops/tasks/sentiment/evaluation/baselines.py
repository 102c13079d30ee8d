"""Baselines without a network, fitted on labelled training rows; all predict probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.metrics.classification import negative_log_likelihood
from seqops.tasks.sentiment.data.encoding import labelled, weighted
from seqops.tasks.sentiment.metrics import Floats, predictions

STRENGTHS = (0.1, 1.0, 10.0)
"""Inverse regularisation strengths (C of scikit-learn), chosen by validation loss."""


def majority(train: Split, rows: int, classes: int) -> pd.DataFrame:
    """Predict the most frequent class for every row, with the class shares as probabilities."""
    shares = shares_of(train, classes)
    return predictions(np.tile(shares, (rows, 1)))


def prior(train: Split, rows: int, classes: int, seed: int) -> pd.DataFrame:
    """Draw each row's class at random by the class shares."""
    shares = shares_of(train, classes)
    drawn = np.random.default_rng(seed).choice(classes, rows, p=shares)
    return predictions(np.tile(shares, (rows, 1)), drawn)


def regression(splits: Mapping[str, Split], meta: Meta, classes: int) -> pd.DataFrame:
    """Fit a logistic regression to tf-idf n-grams, its regularisation chosen by validation log loss."""
    from sklearn.linear_model import LogisticRegression

    train, validation = labelled(splits["train"]), labelled(splits["validation"])
    features, truth = matrix(train, meta), train.plain("label")
    if len(np.unique(truth)) < 2:
        return majority(train, len(splits["test"]), classes)
    validation_features, test_features = matrix(validation, meta), matrix(splits["test"], meta)
    # warm start: each fit continues from the more strongly regularised one, which saves most of the time
    model = LogisticRegression(max_iter=1000, warm_start=True)
    fits: list[tuple[float, Floats]] = []
    for strength in STRENGTHS:
        model.set_params(C=strength).fit(features, truth)
        loss = negative_log_likelihood(
            _probabilities(model, validation_features, classes), validation.plain("label")
        ).mean()
        fits.append((float(loss), _probabilities(model, test_features, classes)))
    return predictions(min(fits, key=lambda fit: fit[0])[1])


def matrix(split: Split, meta: Meta) -> Any:
    """Return the tf-idf weights as a sparse matrix: (n, terms)."""
    from scipy.sparse import csr_array

    weights, terms = weighted(split, meta), split.ragged("terms")
    shape = (len(split), len(meta["terms"]))
    return csr_array((weights.values, np.asarray(terms.values) - 1, np.asarray(terms.offsets)), shape=shape)


def shares_of(train: Split, classes: int) -> Floats:
    """Return the share of each class among the labelled rows: (K,)."""
    counts = np.bincount(labelled(train).plain("label"), minlength=classes)
    shares: Floats = counts / counts.sum()
    return shares


def _probabilities(model: Any, features: Any, classes: int) -> Floats:
    """Predict a column for each class: 0 for those that the model never saw."""
    out = np.zeros((features.shape[0], classes))
    out[:, model.classes_] = model.predict_proba(features)
    return out
