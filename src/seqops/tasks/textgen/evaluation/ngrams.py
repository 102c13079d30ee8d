"""Interpolated n-gram models with Witten-Bell smoothing, in vectorised form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Ragged

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Order:
    """The counts of one order n.

    keys: the n-grams of the training text, sorted, each encoded as the rank of its first n - 1 tokens times V
    plus its last token; counts: of each n-gram; seen, distinct: of each history, by rank, the number of
    tokens and of distinct tokens that follow it.
    """

    keys: Ints
    counts: Ints
    seen: Ints
    distinct: Ints


def count_ngrams(text: Ints, vocabulary: int, max_order: int) -> list[Order]:
    """Count the n-grams of a running text (N,), n from 1 to `max_order`.

    A history is encoded as its rank among those seen, so that no key exceeds N * V, whatever the order.
    """
    orders = []
    ranks, histories = np.zeros(len(text), np.int64), 1  # the empty history, before each token
    for n in range(1, max_order + 1):
        keys, index, counts = np.unique(
            ranks * vocabulary + text[n - 1 :], return_inverse=True, return_counts=True
        )
        of = keys // vocabulary
        orders.append(
            Order(keys, counts, np.bincount(of, counts, histories), np.bincount(of, None, histories))
        )
        ranks, histories = index[:-1], len(keys)
    return orders


def probabilities(orders: list[Order], rows: Ragged, vocabulary: int, outcomes: int) -> Iterator[Floats]:
    """Yield for each order the probability of every token of the rows (N,) given those before it.

    P(w|h) = (c(hw) + T(h) P(w|h')) / (c(h) + T(h)), where T(h) tokens were seen after the history h, and
    h' is h without its first token; the lowest order backs off to 1 / `outcomes` (Witten and Bell 1991,
    method C; Chen and Goodman 1999, section 2.4). No history crosses the start of a row.
    """
    text = rows.values.astype(np.int64)
    position = np.arange(len(text)) - np.repeat(rows.offsets[:-1], rows.lengths)
    ranks = np.zeros(len(text), np.int64)
    before = np.full(len(text), 1.0 / outcomes)
    for n, order in enumerate(orders, 1):
        usable = (ranks >= 0) & (position >= n - 1)
        history = np.where(usable, ranks, 0)
        found = _find(order.keys, history * vocabulary + text)
        count = np.where(found >= 0, order.counts[found], 0)
        distinct = order.distinct[history]
        mixed = (count + distinct * before) / np.maximum(order.seen[history] + distinct, 1)
        before = np.where(usable & (distinct > 0), mixed, before)
        yield before
        # the n-gram that ends before a token is its history in the next order
        ranks = np.concatenate([[-1], np.where(usable, found, -1)[:-1]])


def _find(keys: Ints, queries: Ints) -> Ints:
    """Return the index of each key, or -1."""
    index = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[index] == queries, index, -1)
