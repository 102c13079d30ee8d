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

from seqops.preprocessing.discounts import closed_form

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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
    distinct symbols before an n-gram, of which the start of the text is one; discounts (order, 4): of the
    counts 0, 1, 2, and 3 or more; known: symbols of the training text, of which `known` stands for all
    others.

    P(w|h) = (c(hw) - D(c(hw)) + S(h) P(w|h')) / c(h), where D is the discount of that count, S(h) the sum of
    the discounts after the history h, and h' is h without its first symbol. The lowest order is interpolated
    with 1 / (known + 1).
    """

    keys: Sequence[Ints]
    counts: Sequence[Ints]
    discounts: Floats
    known: int

    @classmethod
    def count(cls, text: Ints, order: int, known: int) -> KneserNeyTables:
        """Count the n-grams of a training text (N,); the discounts come from the counts of counts."""
        tables = list(islice(ngrams_of(text, known + 1), order))
        counts = [*(continuations(each, longer) for each, longer in pairwise(tables)), tables[-1].counts]
        discounts = np.array([closed_form(each) for each in counts])
        return cls([each.keys for each in tables], counts, discounts, known)

    @cached_property
    def _orders(self) -> list[Order]:
        parts = zip(self.keys, self.counts, self.discounts, strict=True)
        return [Order(*part, self.known + 1) for part in parts]

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


@dataclass(frozen=True)
class Order:
    """The n-grams of one order: keys and counts as in `Ngrams`, discounts of the counts 0 to 3 (4,)."""

    keys: Ints
    counts: Ints
    discounts: Floats
    symbols: int

    @cached_property
    def histories(self) -> Ints:
        """The rank of the history of each n-gram."""
        return self.keys // self.symbols

    @cached_property
    def totals(self) -> Floats:
        """The count of each history, by rank."""
        return np.bincount(self.histories, self.counts).astype(np.float64)

    @cached_property
    def followers(self) -> Floats:
        """The n-grams of count 0, 1, 2, and 3 or more that each history begins: (4, histories)."""
        capped, width = np.minimum(self.counts, 3), len(self.totals)
        return np.array([np.bincount(self.histories, capped == k, width) for k in range(4)])

    @cached_property
    def _freed(self) -> Floats:
        return np.asarray(self.discounts @ self.followers)

    def find(self, histories: Ints, queries: Ints) -> Ints:
        """Return the rank of each query after its history, or -1; histories: ranks, or -1: (M,)."""
        sought = np.where(histories >= 0, histories * self.symbols + queries, -1)
        index = np.minimum(np.searchsorted(self.keys, sought), len(self.keys) - 1)
        return np.where(self.keys[index] == sought, index, -1)

    def begun(self, histories: Ints) -> npt.NDArray[np.bool_]:
        """Tell which histories begin an n-gram; histories: ranks, or -1: (M,)."""
        inside = (histories >= 0) & (histories < len(self.totals))
        return inside & (self.totals[np.where(inside, histories, 0)] > 0)

    def interpolated(self, found: Ints, histories: Ints, lower: Floats) -> Floats:
        """Return the probabilities of this order; found, histories: rank of each query's, or -1: (M,)."""
        begun = self.begun(histories)
        history = np.where(begun, histories, 0)
        count = np.where(found >= 0, self.counts[found], 0)
        rest = count - self.discounts[np.minimum(count, 3)]
        mixed = (rest + self._freed[history] * lower) / np.maximum(self.totals[history], 1)
        return np.where(begun, mixed, lower)


def ngrams_of(text: Ints, symbols: int) -> Iterator[Ngrams]:
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


def continuations(ngrams: Ngrams, longer: Ngrams) -> Ints:
    """Count the distinct symbols before each n-gram; longer: the n-grams of the next order."""
    without_first = ngrams.at[longer.first + 1]
    before = np.bincount(without_first, minlength=len(ngrams.keys))
    before[ngrams.at[0]] += 1  # the start of the text
    return before
