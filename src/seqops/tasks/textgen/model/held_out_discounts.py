"""The order and the discounts of a Kneser-Ney model, fitted to held-out text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from seqops.preprocessing.discounts import closed_form
from seqops.tasks.textgen.model.kneser_ney import (
    Floats,
    Ints,
    KneserNeyTables,
    Ngrams,
    Order,
    continuations,
    ngrams_of,
)

MAX_ORDER = 16
PATIENCE = 2
"""Orders in a row without a better validation score after which no longer n-grams are tried."""
LEAST = 0.01
"""The least discount: without any, a symbol never seen after a history would be impossible."""
DIGITS = 3
"""Decimals of the discounts, which are the same on every machine."""
CAUTION = 10.0
"""Nats by which held-out text must be more likely for a discount at the other end of its range."""
CHOSEN_ON = 200_000
"""Held-out characters that order and discounts are chosen on, at most."""


@dataclass(frozen=True)
class HeldOut:
    """What the probabilities of one order at M symbols depend on, beside its discounts.

    begun (M,): whether the history begins an n-gram; count (M,): of the n-gram; total (M,): of its history;
    followers (3, M): n-grams of count 1, 2, and 3 or more that the history begins.
    """

    begun: npt.NDArray[np.bool_]
    count: Ints
    total: Floats
    followers: Floats

    @classmethod
    def of(cls, table: Order, found: Ints, histories: Ints, start: int) -> HeldOut:
        """Look up the symbols from `start` on; found, histories: rank of each n-gram's, or -1: (N,)."""
        found, histories = found[start:], histories[start:]
        begun = table.begun(histories)
        history = np.where(begun, histories, 0)
        count = np.where(found >= 0, table.counts[found], 0)
        return cls(begun, count, np.maximum(table.totals[history], 1), table.followers[1:, history])

    def interpolated(self, discounts: Floats, lower: Floats) -> tuple[Floats, Floats]:
        """Return the probabilities (M,), and the weights of those of the lower order in them (M,)."""
        own = (self.count - discounts[np.minimum(self.count, 3)]) / self.total
        weight = np.where(self.begun, discounts[1:] @ self.followers / self.total, 1.0)
        return np.where(self.begun, own, 0.0) + weight * lower, weight

    def slopes(self, gradient: Floats, lower: Floats) -> Floats:
        """Return the derivatives by the discounts of counts 1, 2, 3 (3,); gradient: by the probabilities."""
        each = np.where(self.begun, gradient / self.total, 0.0)
        capped = np.minimum(self.count, 3)
        return np.array([each @ (self.followers[k - 1] * lower - (capped == k)) for k in (1, 2, 3)])


def fit(text: Ints, history: Ints, validation: Ints, known: int) -> KneserNeyTables:
    """Return the model of a training text that is best on a validation text; history: symbols before it.

    Orders are tried until `PATIENCE` in a row are no better, up to `MAX_ORDER`. Of each, the discounts of all
    orders are optimised, and are the nearer to the closed form the shorter the validation text is.
    """
    queries, start = np.concatenate([history, validation[:CHOSEN_ON]]), len(history)
    histories = np.zeros(len(queries), np.int64)
    lower: list[HeldOut] = []
    best, lowest, discounts = 0, np.inf, np.zeros((0, 4))
    tried, usual, previous = discounts, discounts, None
    for order, ngrams in enumerate(islice(ngrams_of(text, known + 1), MAX_ORDER), 1):
        if previous is not None:
            table = _order(previous, continuations(previous, ngrams), known)
            found = table.find(histories, queries)
            lower.append(HeldOut.of(table, found, histories, start))
            tried, usual = (np.concatenate([each[: order - 2], [table.discounts]]) for each in (tried, usual))
            histories = np.concatenate([[-1], found[:-1]])
        table = _order(ngrams, ngrams.counts, known)
        highest = HeldOut.of(table, table.find(histories, queries), histories, start)
        tried, usual = (np.concatenate([each, [table.discounts]]) for each in (tried, usual))
        tried, cost = optimised([*lower, highest], tried, usual, known)
        if cost < lowest:
            best, lowest, discounts = order, cost, tried
        elif order >= best + PATIENCE:
            break
        previous = ngrams
    return replace(KneserNeyTables.count(text, best, known), discounts=discounts.round(DIGITS))


def optimised(orders: Sequence[HeldOut], start: Floats, usual: Floats, known: int) -> tuple[Floats, float]:
    """Return the discounts of least mean negative log-likelihood and caution, and that sum.

    start, usual (orders, 4): discounts to start from, and those of the closed form.
    """
    caution = CAUTION / len(orders[0].count)

    def cost(free: Floats) -> tuple[float, Floats]:
        tried = _with_zeros(free)
        value, slopes = cost_and_slopes(orders, tried, known)
        far = (tried - usual)[:, 1:] / [1, 2, 3]
        slopes += 2 * caution * far / [1, 2, 3]
        return value + caution * float((far**2).sum()), slopes.ravel()

    bounds = [(LEAST, float(k)) for _ in orders for k in (1, 2, 3)]
    with threadpool_limits(1):  # threads cost more than such short sums, whose digits depend on their number
        found = minimize(cost, start[:, 1:].ravel(), jac=True, bounds=bounds, method="L-BFGS-B")
    return _with_zeros(found.x), float(found.fun)


def cost_and_slopes(orders: Sequence[HeldOut], discounts: Floats, known: int) -> tuple[float, Floats]:
    """Return the mean negative log-likelihood, and its derivatives by the discounts: (orders, 3)."""
    probability = np.full(len(orders[0].count), 1.0 / (known + 1))
    lower, weights = [], []
    for each, row in zip(orders, discounts, strict=True):
        lower.append(probability)
        probability, weight = each.interpolated(row, probability)
        weights.append(weight)
    gradient = -1.0 / (probability * len(probability))
    slopes = np.zeros((len(orders), 3))
    for i in reversed(range(len(orders))):
        slopes[i] = orders[i].slopes(gradient, lower[i])
        gradient = gradient * weights[i]
    return -float(np.log(probability).mean()), slopes


def _order(ngrams: Ngrams, counts: Ints, known: int) -> Order:
    return Order(ngrams.keys, counts, closed_form(counts), known + 1)


def _with_zeros(free: Floats) -> Floats:
    return np.pad(free.reshape(-1, 3), ((0, 0), (1, 0)))
