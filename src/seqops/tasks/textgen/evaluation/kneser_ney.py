"""Interpolated n-gram models with modified Kneser-Ney smoothing, in vectorised form.

Source: Chen and Goodman 1999, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.textgen.data import tokenizer

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])
"""Discounts where the counts of counts give none, as in KenLM (Heafield 2011)."""


MAX_ORDER = 16
PATIENCE = 2
"""Orders in a row without a better validation score after which no longer n-grams are tried."""


@dataclass(frozen=True)
class CharacterModel:
    """The order with the best validation score, and the nats of each test character: (N,)."""

    order: int
    nats: Floats


@dataclass(frozen=True)
class Ngrams:
    """The distinct n-grams of a text of N symbols.

    keys: sorted, each encoded as the rank of its first n - 1 symbols times the number of symbols plus its
    last symbol; histories: of each key, that rank; counts: occurrences; first: position of the first one;
    at (N - n + 1,): the rank of the n-gram that begins at each position.
    """

    keys: Ints
    histories: Ints
    counts: Ints
    first: Ints
    at: Ints


def fit(training: str, validation: str, test: str) -> CharacterModel:
    """Count the training text, and choose the order on the validation text that follows it.

    The alphabet is that of the training text. Any other character costs the nats of the unknown one plus
    those of a uniform choice among all characters of Unicode that the alphabet lacks, as in a network's.
    """
    tokens = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer(training, "character", 1, 0))
    known = tokens.size - tokens.n_special_tokens
    history = training[-MAX_ORDER:]
    ids = tokens.encode(history + validation + test)
    queries = np.where(ids == UNKNOWN, known, ids - tokens.n_special_tokens).astype(np.int64)
    text = tokens.encode(training).astype(np.int64) - tokens.n_special_tokens
    start, end = len(history), len(history) + len(validation)
    best, lowest = CharacterModel(0, np.zeros(0)), np.inf
    for order, probability in enumerate(islice(probabilities(text, queries, known), MAX_ORDER), 1):
        nats = tokens.extra_nats[ids] - np.log(probability)
        cost = float(nats[start:end].mean())
        if cost < lowest:
            best, lowest = CharacterModel(order, nats[end:]), cost
        elif order >= best.order + PATIENCE:
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
            lower = _interpolated(previous, _continuations(previous, ngrams), found, histories, lower)
            # the n-gram that ends before a symbol is its history in the next order
            histories = np.concatenate([[-1], found[:-1]])
        found = _find(ngrams.keys, np.where(histories >= 0, histories * symbols + queries, -1))
        yield _interpolated(ngrams, ngrams.counts, found, histories, lower)
        previous = ngrams


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
        yield Ngrams(keys, keys // symbols, counts, first, at)


def _continuations(ngrams: Ngrams, longer: Ngrams) -> Ints:
    """Count the distinct symbols before each n-gram; longer: the n-grams of the next order."""
    without_first = ngrams.at[longer.first + 1]
    before = np.bincount(without_first, minlength=len(ngrams.keys))
    before[ngrams.at[0]] += 1  # the start of the text
    return before


def _interpolated(ngrams: Ngrams, counts: Ints, found: Ints, histories: Ints, lower: Floats) -> Floats:
    """Return the probabilities of one order; found, histories: rank of each query's, or -1: (M,)."""
    discount = discounts(counts)
    totals = np.bincount(ngrams.histories, counts)
    freed = np.bincount(ngrams.histories, discount[np.minimum(counts, 3)])
    history = np.where((histories >= 0) & (histories < len(totals)), histories, 0)
    usable = (histories == history) & (totals[history] > 0)
    count = np.where(found >= 0, counts[found], 0)
    rest = count - discount[np.minimum(count, 3)]
    return np.where(usable, (rest + freed[history] * lower) / np.maximum(totals[history], 1), lower)


def _find(keys: Ints, queries: Ints) -> Ints:
    """Return the index of each key, or -1."""
    index = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[index] == queries, index, -1)
