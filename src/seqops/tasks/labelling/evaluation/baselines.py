"""Baseline labels without a network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Ragged, Split

SEQUENCE_PARTS = 20
"""Equal parts of a sequence, each with its own majority label."""
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


def _rows(flat: Labels, like: Ragged) -> pd.DataFrame:
    """Cut the labels of all steps into sequences."""
    labels = Ragged(flat, like.offsets)
    return pd.DataFrame({"labels": [labels[i].tolist() for i in range(len(labels))]})
