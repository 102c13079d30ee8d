"""Batches of rows of similar length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def buckets(
    lengths: npt.NDArray[np.int64], batch_size: int, seed: int, epoch: int
) -> list[npt.NDArray[np.int64]]:
    """Group rows of similar length into batches; the order depends only on (seed, epoch).

    Rows are shuffled, sorted by length within pools of 50 batches, cut into batches, and the batches are
    shuffled: this keeps padding small and gives every epoch different batches.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(lengths))
    pool = 50 * batch_size
    batches: list[npt.NDArray[np.int64]] = []
    for start in range(0, len(order), pool):
        rows = order[start : start + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    shuffle = np.random.default_rng([seed, epoch, 1]).permutation(len(batches))
    return [batches[i] for i in shuffle]


def in_length_order(lengths: npt.NDArray[np.int64], batch_size: int) -> list[npt.NDArray[np.int64]]:
    """Group rows of similar length into batches for prediction, where order does not matter."""
    order = np.argsort(lengths, kind="stable")
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
