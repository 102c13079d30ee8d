"""Interpolated n-gram models with modified Kneser-Ney smoothing, in vectorised form.

Source: Chen and Goodman 1999, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])
"""Discounts where the counts of counts give none, as in KenLM (Heafield 2011)."""


MAX_ORDER = 16
PATIENCE = 2
"""Orders in a row without a better validation score after which no longer n-grams are tried."""


@dataclass(frozen=True)
class Ngrams:
    """The distinct n-grams of a text of N symbols.

    keys: sorted, each encoded as the rank of its first n - 1 symbols times the number of symbols plus its
    last symbol; counts: occurrences; first: position of the first one; at (N - n + 1,): the rank of the
    n-gram that begins at each position.
    """

    keys: Ints
    counts: Ints
    first: Ints
    at: Ints


@dataclass(frozen=True)
class KneserNeyTables:
    """The interpolated model of one order, which is the number of tables.

    keys, counts: of the n-grams of order 1, 2, ..., as in `Ngrams`; below the highest order the counts are of
    distinct symbols before an n-gram; known: symbols of the training text, of which `known` stands for all
    others.
    """

    keys: Sequence[Ints]
    counts: Sequence[Ints]
    known: int

    @classmethod
    def count(cls, text: Ints, order: int, known: int) -> KneserNeyTables:
        """Count the n-grams of a training text (N,)."""
        tables = list(islice(_ngrams(text, known + 1), order))
        continued = [_continuations(each, longer) for each, longer in pairwise(tables)]
        return cls([each.keys for each in tables], [*continued, tables[-1].counts], known)

    @cached_property
    def _orders(self) -> list[_Discounted]:
        return [_Discounted.of(*pair, self.known + 1) for pair in zip(self.keys, self.counts, strict=True)]

    def probabilities(self, queries: Ints) -> Floats:
        """Return the probability of every query given the queries before it: (M,)."""
        lower = np.full(len(queries), 1.0 / (self.known + 1))
        histories = np.zeros(len(queries), np.int64)
        for table in self._orders:
            found = table.find(histories, queries)
            lower = table.interpolated(found, histories, lower)
            histories = np.concatenate([[-1], found[:-1]])
        return lower

    def read(self, symbol: int, ranks: Sequence[int] = (0,)) -> list[int]:
        """Return the ranks of the n-grams that end with a symbol, n = 0, 1, ..., as far as they are known.

        ranks: of those that end before it; the default is the empty history alone.
        """
        found = [0]
        for table, rank in zip(self._orders, ranks, strict=False):
            found.append(int(table.find(np.array([rank]), np.array([symbol]))[0]))
            if found[-1] < 0:
                break
        return [rank for rank in found if rank >= 0]

    def next_symbol(self, ranks: Sequence[int]) -> Floats:
        """Return the probability of every symbol after the n-grams of `read`: (known + 1,)."""
        symbols = np.arange(self.known + 1)
        lower = np.full(self.known + 1, 1.0 / (self.known + 1))
        for table, rank in zip(self._orders, ranks, strict=False):
            histories = np.full(len(symbols), rank)
            lower = table.interpolated(table.find(histories, symbols), histories, lower)
        return lower


def choose_order(training: Ints, history: Ints, validation: Ints, known: int) -> int:
    """Return the order that gives a validation text the highest probability; history: the symbols before it.

    Orders are tried until `PATIENCE` in a row are no better, up to `MAX_ORDER`.
    """
    queries = np.concatenate([history, validation])
    best, lowest = 0, np.inf
    for order, found in enumerate(islice(probabilities(training, queries, known), MAX_ORDER), 1):
        cost = -float(np.log(found[len(history) :]).mean())
        if cost < lowest:
            best, lowest = order, cost
        elif order >= best + PATIENCE:
            break
    return best


def probabilities(text: Ints, queries: Ints, known: int) -> Iterator[Floats]:
    """Yield for the orders 1, 2, ... the probability of every query given the queries before it: (M,).

    text (N,): symbols below `known`; queries (M,): symbols up to `known`, which stands for all others.
    P(w|h) = (c(hw) - D(c(hw)) + S(h) P(w|h')) / c(h), where D is the discount of that count, S(h) the sum of
    the discounts after the history h, and h' is h without its first symbol. Below the highest order the
    counts are those of distinct symbols before an n-gram, of which the start of the text is one; the lowest
    order is interpolated with 1 / (known + 1). Only two orders are in memory at a time.
    """
    symbols = known + 1
    lower = np.full(len(queries), 1.0 / symbols)
    histories = np.zeros(len(queries), np.int64)
    previous: Ngrams | None = None
    found = histories
    for ngrams in _ngrams(text, symbols):
        if previous is not None:
            continued = _Discounted.of(previous.keys, _continuations(previous, ngrams), symbols)
            lower = continued.interpolated(found, histories, lower)
            # the n-gram that ends before a symbol is its history in the next order
            histories = np.concatenate([[-1], found[:-1]])
        table = _Discounted.of(ngrams.keys, ngrams.counts, symbols)
        found = table.find(histories, queries)
        yield table.interpolated(found, histories, lower)
        previous = ngrams


@dataclass(frozen=True)
class _Discounted:
    """The n-grams of one order with what their histories have: occurrences, and the sum of the discounts."""

    keys: Ints
    counts: Ints
    totals: Floats
    freed: Floats
    discount: Floats
    symbols: int

    @classmethod
    def of(cls, keys: Ints, counts: Ints, symbols: int) -> _Discounted:
        histories, discount = keys // symbols, discounts(counts)
        totals = np.bincount(histories, counts).astype(np.float64)
        freed = np.bincount(histories, discount[np.minimum(counts, 3)]).astype(np.float64)
        return cls(keys, counts, totals, freed, discount, symbols)

    def find(self, histories: Ints, queries: Ints) -> Ints:
        """Return the rank of each query after its history, or -1; histories: ranks, or -1: (M,)."""
        sought = np.where(histories >= 0, histories * self.symbols + queries, -1)
        index = np.minimum(np.searchsorted(self.keys, sought), len(self.keys) - 1)
        return np.where(self.keys[index] == sought, index, -1)

    def interpolated(self, found: Ints, histories: Ints, lower: Floats) -> Floats:
        """Return the probabilities of this order; found, histories: rank of each query's, or -1: (M,)."""
        history = np.where((histories >= 0) & (histories < len(self.totals)), histories, 0)
        usable = (histories == history) & (self.totals[history] > 0)
        count = np.where(found >= 0, self.counts[found], 0)
        rest = count - self.discount[np.minimum(count, 3)]
        mixed = (rest + self.freed[history] * lower) / np.maximum(self.totals[history], 1)
        return np.where(usable, mixed, lower)


def discounts(counts: Ints) -> Floats:
    """Return the discounts of counts 0, 1, 2, and 3 or more: (4,) (Chen and Goodman 1999, equation 26)."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == k)) for k in range(1, 5))
    if not (n1 and n2 and n3):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    found = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return found if np.all((found[1:] > 0) & (found[1:] <= [1, 2, 3])) else FALLBACK


def _ngrams(text: Ints, symbols: int) -> Iterator[Ngrams]:
    """Yield the n-grams of order 1, 2, ...; no key exceeds N times `symbols`, whatever the order."""
    at = np.zeros(len(text) + 1, np.int64)  # the empty history, before each symbol
    for n in range(1, len(text) + 1):
        keys, first, at, counts = np.unique(
            at[: len(text) - n + 1] * symbols + text[n - 1 :],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        yield Ngrams(keys, counts, first, at)


def _continuations(ngrams: Ngrams, longer: Ngrams) -> Ints:
    """Count the distinct symbols before each n-gram; longer: the n-grams of the next order."""
    without_first = ngrams.at[longer.first + 1]
    before = np.bincount(without_first, minlength=len(ngrams.keys))
    before[ngrams.at[0]] += 1  # the start of the text
    return before
