"""Training with few labels: which rows keep theirs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seqops.preprocessing.splitting import Mask


def kept(labels: npt.NDArray[np.int32], max_labelled: int, seed: int) -> Mask:
    """Draw the `max_labelled` rows (0: all) that keep their label, by the shares of the classes: (n,).

    Up to the rounding of shares, the rows of a smaller `max_labelled` are among those of a larger one.
    """
    if max_labelled == 0 or max_labelled >= len(labels):
        return np.ones(len(labels), np.bool_)
    order = np.random.default_rng(seed).permutation(len(labels))
    rank = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        rank[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    mask = np.zeros(len(labels), np.bool_)
    mask[np.lexsort((order, rank))[:max_labelled]] = True
    return mask
