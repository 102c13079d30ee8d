"""Interpolated n-gram models of tokens, smoothed after Witten and Bell, as whole-array arithmetic."""

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

    keys: every n-gram of training, sorted, each the rank of its first n - 1 tokens times V plus its last;
    counts: of each; seen, kinds: for each history, by rank, how often it is followed, and by how many
    different tokens.
    """

    keys: Ints
    counts: Ints
    seen: Ints
    kinds: Ints


def count_ngrams(text: Ints, vocabulary: int, highest: int) -> list[Order]:
    """Count the n-grams of a running text (N,), n from 1 to `highest`.

    A history is known by its rank among those seen, so no key grows beyond N * V, whatever the order.
    """
    orders = []
    ranks, histories = np.zeros(len(text), np.int64), 1  # the empty history, before each token
    for n in range(1, highest + 1):
        keys, place, counts = np.unique(
            ranks * vocabulary + text[n - 1 :], return_inverse=True, return_counts=True
        )
        of = keys // vocabulary
        orders.append(
            Order(keys, counts, np.bincount(of, counts, histories), np.bincount(of, None, histories))
        )
        ranks, histories = place[:-1], len(keys)
    return orders


def probabilities(orders: list[Order], rows: Ragged, vocabulary: int, outcomes: int) -> Iterator[Floats]:
    """Yield, for order after order, the probability of every token of the rows (N,) after those before it.

    P(w|h) = (c(hw) + T(h) P(w|h')) / (c(h) + T(h)), where T(h) tokens were seen after the history h, and
    h' is h without its first token; the lowest order rests on one in `outcomes` (Witten and Bell 1991,
    method C; Chen and Goodman 1999, section 2.4). No history reaches over the start of a row.
    """
    text = rows.values.astype(np.int64)
    place = np.arange(len(text)) - np.repeat(rows.offsets[:-1], rows.lengths)
    ranks = np.zeros(len(text), np.int64)
    before = np.full(len(text), 1.0 / outcomes)
    for n, order in enumerate(orders, 1):
        usable = (ranks >= 0) & (place >= n - 1)
        history = np.where(usable, ranks, 0)
        found = _find(order.keys, history * vocabulary + text)
        count = np.where(found >= 0, order.counts[found], 0)
        kinds = order.kinds[history]
        mixed = (count + kinds * before) / np.maximum(order.seen[history] + kinds, 1)
        before = np.where(usable & (kinds > 0), mixed, before)
        yield before
        # the n-gram that ends before a token is the next order's history of it
        ranks = np.concatenate([[-1], np.where(usable, found, -1)[:-1]])


def _find(keys: Ints, sought: Ints) -> Ints:
    """Return the place of each key, or -1."""
    place = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
    return np.where(keys[place] == sought, place, -1)
