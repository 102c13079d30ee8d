"""The vectors that skip-gram learns, and how a batch of pairs changes them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seqops.word_vectors.pairs import Ints

Floats = npt.NDArray[np.float32]
RATE = 0.05


class VectorTable:
    """One table of vectors (V, D) and the sums of its squared gradients."""

    def __init__(self, values: Floats) -> None:
        self.values, self.squares = values, np.zeros_like(values)

    def add(self, ids: Ints, changes: Floats) -> None:
        """Add changes (N, D) to the rows `ids` (N,), those of one row together."""
        order = np.argsort(ids, kind="stable")
        rows, starts = np.unique(ids[order], return_index=True)
        sums = np.add.reduceat(changes[order], starts)
        self.squares[rows] += sums**2
        self.values[rows] += RATE * sums / np.sqrt(self.squares[rows] + 1e-12)


class PairTables:
    """The vectors of words, and those of words as neighbours, which start at zero."""

    def __init__(self, size: int, dimensions: int, random: np.random.Generator) -> None:
        start = (random.random((size, dimensions)) - 0.5) / dimensions
        self.words = VectorTable(start.astype(np.float32))
        self.near = VectorTable(np.zeros((size, dimensions), np.float32))

    def update(self, centres: Ints, others: Ints) -> None:
        """Learn from words (B,) and others (B, 1 + K), the first of which is near and the rest drawn.

        A drawn word that is the near one counts as neither.
        """
        x, y = self.words.values[centres], self.near.values[others]
        scores = np.einsum("bd,bkd->bk", x, y)
        errors = -1 / (1 + np.exp(-scores))
        errors[:, 0] += 1
        errors[:, 1:][others[:, 1:] == others[:, :1]] = 0
        self.words.add(centres, np.einsum("bk,bkd->bd", errors, y))
        of_near = errors[:, :, None] * x[:, None]
        self.near.add(others.ravel(), of_near.reshape(-1, x.shape[1]))
