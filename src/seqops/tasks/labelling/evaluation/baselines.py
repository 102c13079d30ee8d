"""Labels without a network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Ragged, Split

SEQUENCE_PARTS = 20
"""Parts of a sequence that have a usual label each."""
STRENGTH = 100.0
"""Inverse of the penalty of the regression: weak, for few weights learn from every step."""
Labels = npt.NDArray[np.int64]


def usual(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Give every step the usual label of training steps."""
    label = int(
        2 * splits["train"].ragged("labels").values.sum() > len(splits["train"].ragged("labels").values)
    )
    test = splits["test"].ragged("labels")
    return _rows(np.full(len(test.values), label, np.int64), test)


def by_place(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Give every step the usual label of training steps as far through their sequence."""
    train, test = (splits[name].ragged("labels") for name in ("train", "test"))
    places = sequence_part(train.lengths)
    seen = np.bincount(places, minlength=SEQUENCE_PARTS)
    ones = np.bincount(places, weights=train.values, minlength=SEQUENCE_PARTS)
    return _rows((2 * ones > seen).astype(np.int64)[sequence_part(test.lengths)], test)


def sequence_part(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Say in which of the parts of its sequence each step lies, by its middle: (N,)."""
    parts = [((np.arange(n) + 0.5) * SEQUENCE_PARTS // n).astype(np.int64) for n in lengths]
    return np.concatenate(parts)


def regression(splits: Mapping[str, Split]) -> pd.DataFrame:
    """Regress labels on the running sums, the step and the sequence's length.

    A sum compared with a share of the length is linear in these: cumulative sums are nearly solved so.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, test = (splits[name] for name in ("train", "test"))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1000))
    model.fit(running(train.ragged("figures")), train.ragged("labels").values)
    return _rows(model.predict(running(test.ragged("figures"))).astype(np.int64), test.ragged("labels"))


def running(figures: Ragged) -> npt.NDArray[np.float64]:
    """Sum each column up to each step; add the step, from 1, and the length: (N, D + 2)."""
    rows = []
    for i in range(len(figures)):
        sums = np.cumsum(figures[i], axis=0)
        steps = np.arange(1, len(sums) + 1)
        rows.append(np.column_stack([sums, steps, np.full(len(sums), len(sums))]))
    return np.concatenate(rows)


def _rows(flat: Labels, like: Ragged) -> pd.DataFrame:
    """Cut labels of all steps to sequences."""
    labels = Ragged(flat, like.offsets)
    return pd.DataFrame({"labels": [labels[i].tolist() for i in range(len(labels))]})
