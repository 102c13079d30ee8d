"""Resampling of units with replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CHUNK = 4_000_000  # cells of the weight matrix in memory at a time


def weights(n: int, block: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield chunks of how often each unit is drawn, (chunk, n); blocks wrap around the end (circular)."""
    generator = np.random.default_rng(seed)
    chunk = max(1, CHUNK // max(n, 1))
    size = min(block, n)
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        starts = generator.integers(0, n, (count, -(-n // size)))
        rows = ((starts[:, :, None] + np.arange(size)) % n).reshape(count, -1)[:, :n]
        flat = np.bincount((rows + n * np.arange(count)[:, None]).ravel(), minlength=count * n)
        yield flat.reshape(count, n).astype(np.float64)
