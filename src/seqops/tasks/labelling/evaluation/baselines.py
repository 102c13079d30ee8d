"""Baseline labels without a network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Ragged, Split

SEQUENCE_PARTS = 20
"""Equal parts of a sequence, each with its own majority label."""
INVERSE_PENALTY = 100.0
"""`C` of the logistic regression: a weak penalty, since few weights are learnt from every step."""
Labels = npt.NDArray[np.int64]


def usual(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Give every step the majority label of the training steps."""
    train, test = (splits[name].ragged("labels") for name in ("train", "test"))
    label = int(2 * train.values.sum() > len(train.values))
    return _rows(np.full(len(test.values), label, np.int64), test)


def by_position(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Give every step the majority label of the training steps in the same part of their sequence."""
    train, test = (splits[name].ragged("labels") for name in ("train", "test"))
    parts = sequence_part(train.lengths)
    steps = np.bincount(parts, minlength=SEQUENCE_PARTS)
    ones = np.bincount(parts, weights=train.values, minlength=SEQUENCE_PARTS)
    return _rows((2 * ones > steps).astype(np.int64)[sequence_part(test.lengths)], test)


def sequence_part(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the part of its sequence in which the middle of each step lies: (N,)."""
    parts = [((np.arange(n) + 0.5) * SEQUENCE_PARTS // n).astype(np.int64) for n in lengths]
    return np.concatenate(parts)


def regression(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Fit a logistic regression on the running sums, the step and the sequence's length.

    A sum compared with a share of the length is linear in these, so it nearly solves the cumulative sums.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, test = (splits[name] for name in ("train", "test"))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, max_iter=1000))
    model.fit(running_sums(train.ragged("figures")), train.ragged("labels").values)
    labels = model.predict(running_sums(test.ragged("figures"))).astype(np.int64)
    return _rows(labels, test.ragged("labels"))


def running_sums(figures: Ragged) -> npt.NDArray[np.float64]:
    """Return the sum of each column up to each step, the step from 1, and the length: (N, D + 2)."""
    rows = []
    for i in range(len(figures)):
        sums = np.cumsum(figures[i], axis=0)
        steps = np.arange(1, len(sums) + 1)
        rows.append(np.column_stack([sums, steps, np.full(len(sums), len(sums))]))
    return np.concatenate(rows)


def _rows(flat: Labels, like: Ragged) -> pd.DataFrame:
    """Cut the labels of all steps into sequences."""
    labels = Ragged(flat, like.offsets)
    return pd.DataFrame({"labels": [labels[i].tolist() for i in range(len(labels))]})
