"""Studentised bootstrap of units, and random swaps of units between two systems."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from seqops.metrics.influence import Value, gradient

Floats = npt.NDArray[np.float64]
CHUNK = 2_000_000  # cells of the weight matrix in memory at a time


def bootstrap(value: Value, units: Floats, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """Return the score of resamples of units (units, k), and the standard error of each: (resamples,)."""
    rows, counts = np.unique(units, axis=0, return_counts=True)
    n = len(units)
    values, errors = [], []
    for drawn in _weights(counts, resamples, seed):
        sums = drawn @ rows
        added = gradient(value, sums) @ rows.T  # (chunk, distinct rows)
        weighted = drawn * added
        squares = np.einsum("ij,ij->i", weighted, added) - weighted.sum(axis=1) ** 2 / n
        values.append(value(sums))
        errors.append(np.sqrt(np.maximum(squares, 0.0) * n / max(n - 1, 1)))
    return np.concatenate(values), np.concatenate(errors)


def swapped(value: Value, first: Floats, second: Floats, resamples: int, seed: int) -> tuple[Floats, bool]:
    """Return the differences of two systems after random swaps of their units (units, k), and whether all.

    Approximate randomisation (Noreen 1989, section 2.4). Where the units that differ have no more patterns of
    swaps than `resamples`, each pattern is taken once.
    """
    differing = (first != second).any(axis=1)
    total, base = first.sum(axis=0) + second.sum(axis=0), second.sum(axis=0)
    gains, counts = np.unique((first - second)[differing], axis=0, return_counts=True)
    number = int(differing.sum())
    everything = 2**number <= resamples if number < 60 else False
    if everything:
        patterns = (np.arange(2**number)[:, None] >> np.arange(number)) & 1
        kept = patterns.astype(np.float64) @ (first - second)[differing]
    else:
        generator = np.random.default_rng(seed)
        chunk = max(1, CHUNK // max(len(counts), 1))
        kept = np.concatenate(
            [
                generator.binomial(counts, 0.5, (min(chunk, resamples - start), len(counts))) @ gains
                for start in range(0, resamples, chunk)
            ]
        )
    return value(base + kept) - value(total - base - kept), everything


def _weights(counts: npt.NDArray[np.int64], resamples: int, seed: int) -> Iterator[Floats]:
    """Yield chunks of how often each distinct row is drawn: (chunk, rows); counts: how often it occurs."""
    generator = np.random.default_rng(seed)
    n, chunk = int(counts.sum()), max(1, CHUNK // max(len(counts), 1))
    owner = np.repeat(np.arange(len(counts)), counts)
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        if 4 * len(counts) < n:
            yield generator.multinomial(n, counts / n, count).astype(np.float64)
            continue
        rows = owner[generator.integers(0, n, (count, n))] + len(counts) * np.arange(count)[:, None]
        flat = np.bincount(rows.ravel(), minlength=count * len(counts))
        yield flat.reshape(count, len(counts)).astype(np.float64)
