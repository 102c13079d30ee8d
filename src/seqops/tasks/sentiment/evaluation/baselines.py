"""What can be had without a network, with probabilities; all of them learn from labelled training rows."""

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
"""Inverse strengths of the regularisation that validation rows choose from."""


def majority(train: Split, rows: int, classes: int) -> pd.DataFrame:
    """Give every row the most frequent class, with the shares of the classes as probabilities."""
    shares = shares_of(train, classes)
    return predictions(np.tile(shares, (rows, 1)))


def prior(train: Split, rows: int, classes: int, seed: int) -> pd.DataFrame:
    """Draw each row's class by the shares of the classes."""
    shares = shares_of(train, classes)
    drawn = np.random.default_rng(seed).choice(classes, rows, p=shares)
    return predictions(np.tile(shares, (rows, 1)), drawn)


def regression(splits: Mapping[str, Split], meta: Meta, classes: int) -> pd.DataFrame:
    """Fit a logistic regression to tf-idf of the n-grams, its strength chosen by validation log loss."""
    from sklearn.linear_model import LogisticRegression

    train, validation = labelled(splits["train"]), labelled(splits["validation"])
    features, truth = matrix(train, meta), train.plain("label")
    if len(np.unique(truth)) < 2:
        return majority(train, len(splits["test"]), classes)
    held, test = matrix(validation, meta), matrix(splits["test"], meta)
    # each strength goes on from the weaker fit before it, which saves most of the time
    model = LogisticRegression(max_iter=1000, warm_start=True)
    found: list[tuple[float, Floats]] = []
    for strength in STRENGTHS:
        model.set_params(C=strength).fit(features, truth)
        loss = negative_log_likelihood(_probabilities(model, held, classes), validation.plain("label")).mean()
        found.append((float(loss), _probabilities(model, test, classes)))
    return predictions(min(found, key=lambda fit: fit[0])[1])


def matrix(split: Split, meta: Meta) -> Any:
    """Lay tf-idf weights out as a sparse matrix: (n, terms)."""
    from scipy.sparse import csr_array

    weights, terms = weighted(split, meta), split.ragged("terms")
    shape = (len(split), len(meta["terms"]))
    return csr_array((weights.values, np.asarray(terms.values) - 1, np.asarray(terms.offsets)), shape=shape)


def shares_of(train: Split, classes: int) -> Floats:
    """Count what share of the labelled rows each class has: (K,)."""
    counts = np.bincount(labelled(train).plain("label"), minlength=classes)
    shares: Floats = counts / counts.sum()
    return shares


def _probabilities(model: Any, features: Any, classes: int) -> Floats:
    """Predict with a column for each class, also for those that the model never saw."""
    out = np.zeros((features.shape[0], classes))
    out[:, model.classes_] = model.predict_proba(features)
    return out
