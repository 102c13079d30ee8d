"""Linear-chain conditional random field (Lafferty et al. 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

Tensor = Any
Floats = npt.NDArray[np.float32]
MASK_VALUE = -1e4
"""The score of an impossible transition: far below any real one, yet finite in sums."""


@keras.saving.register_keras_serializable("seqops")
class CRF(keras.layers.Layer):
    """Scores of tag sequences: emissions, plus learnt scores of first tags and of transitions.

    allowed: (K + 1) rows of K flags, 1 where a tag (column) may follow a tag (row); the last row tells
    which tags may come first. What is not allowed has no share in the likelihood and is never decoded.
    """

    def __init__(self, allowed: Sequence[Sequence[int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed = [[int(flag) for flag in row] for row in allowed]

    def build(self, shape: Any) -> None:
        """Make the scores: (K + 1, K), the last row for first tags."""
        bar = (1.0 - np.array(self.allowed, np.float32)) * MASK_VALUE
        self.bar = tf.constant(bar)
        self.scores = self.add_weight(shape=bar.shape, initializer="zeros", name="scores")

    def call(self, emissions: Tensor) -> Tensor:
        """Hand the emissions (B, T, K) on; the layer is in the graph for its weights."""
        return tf.identity(emissions)

    def loss(self, tags: Tensor, emissions: Tensor) -> Tensor:
        """Return the negative log-likelihood (B,) of tags (B, T), which are -1 where there is padding."""
        tags = tf.cast(tags, tf.int32)
        real = tags >= 0
        tags = tf.maximum(tags, 0)
        return self._partition(emissions, real) - self._score_of(tags, emissions, real)

    def _score_of(self, tags: Tensor, emissions: Tensor, real: Tensor) -> Tensor:
        """Score the given tags: (B,)."""
        weights = self.scores + self.bar
        first = tf.fill([tf.shape(tags)[0], 1], weights.shape[1])
        previous = tf.concat([first, tags[:, :-1]], 1)
        steps = tf.gather_nd(weights, tf.stack([previous, tags], -1))
        steps += tf.gather(emissions, tags, batch_dims=2)
        return tf.reduce_sum(tf.where(real, steps, 0.0), 1)

    def _partition(self, emissions: Tensor, real: Tensor) -> Tensor:
        """Sum the scores of all allowed sequences, in logarithms: (B,). Rows have one step at least."""
        weights = self.scores + self.bar
        start, transitions = weights[-1], weights[:-1]

        def step(alpha: Tensor, now: Tensor) -> Tensor:
            emission, alive = now
            longer = tf.reduce_logsumexp(alpha[:, :, None] + transitions, 1) + emission
            return tf.where(alive[:, None], longer, alpha)

        by_step = tf.transpose(emissions, [1, 0, 2])
        alive = tf.transpose(real)
        alpha = tf.foldl(step, (by_step[1:], alive[1:]), start + by_step[0])
        return tf.reduce_logsumexp(alpha, 1)

    def transitions(self) -> Floats:
        """Return the scores (K + 1, K) that `viterbi` wants, the last row for first tags."""
        return np.asarray(self.scores + self.bar)

    def get_config(self) -> dict[str, Any]:
        """Return what `__init__` takes."""
        return {**super().get_config(), "allowed": self.allowed}


def viterbi(
    emissions: Floats, lengths: npt.NDArray[np.int64], transitions: Floats
) -> list[npt.NDArray[np.int64]]:
    """Return the best path of each row (Viterbi 1967), one array (length,) a row.

    emissions: (B, T, K); lengths: (B,), one at least; transitions: as `CRF.transitions` gives them.
    """
    rows, steps, _ = emissions.shape
    start, transitions = transitions[-1], transitions[:-1]
    best = start + emissions[:, 0]
    scores, origins = [best], []
    for t in range(1, steps):
        through = best[:, :, None] + transitions
        origins.append(through.argmax(1))
        best = through.max(1) + emissions[:, t]
        scores.append(best)
    return [_walk_back(row, int(lengths[row]), scores, origins) for row in range(rows)]


def _walk_back(
    row: int, length: int, scores: list[Floats], origins: list[npt.NDArray[np.int64]]
) -> npt.NDArray[np.int64]:
    path = np.zeros(length, np.int64)
    path[-1] = scores[length - 1][row].argmax()
    for t in range(length - 1, 0, -1):
        path[t - 1] = origins[t - 1][row, path[t]]
    return path
