"""Linear-chain conditional random field (Lafferty et al. 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.special import logsumexp

Tensor = Any
Array = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float32]
FORBIDDEN = -1e4
"""The score of a forbidden transition: far below any other score, but finite in sums."""


@keras.saving.register_keras_serializable("seqops")
class CRF(keras.layers.Layer):
    """Scores tag sequences: emissions, plus learnt scores of first tags and of transitions.

    allowed: (K + 1) rows of K flags, 1 where a tag (column) may follow a tag (row); the last row marks
    the tags that may come first. Forbidden transitions add nothing to the likelihood and are never decoded.
    """

    def __init__(self, allowed: Sequence[Sequence[int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed = [[int(flag) for flag in row] for row in allowed]

    def build(self, shape: Any) -> None:
        """Create the scores: (K + 1, K), the last row for first tags."""
        penalties = (1.0 - np.array(self.allowed, np.float32)) * FORBIDDEN
        self.penalties = tf.constant(penalties)
        self.scores = self.add_weight(shape=penalties.shape, initializer="zeros", name="scores")

    def call(self, emissions: Tensor) -> Tensor:
        """Return the emissions (B, T, K) unchanged; the layer is in the graph for its weights."""
        return tf.identity(emissions)

    def loss(self, tags: Tensor, emissions: Tensor) -> Tensor:
        """Return the negative log-likelihood (B,) of tags (B, T), which are -1 at padding."""
        tags = tf.cast(tags, tf.int32)
        real = tags >= 0
        tags = tf.maximum(tags, 0)
        return self._partition(emissions, real) - self._score_of(tags, emissions, real)

    def _score_of(self, tags: Tensor, emissions: Tensor, real: Tensor) -> Tensor:
        """Score the given tags: (B,)."""
        weights = self.scores + self.penalties
        first = tf.fill([tf.shape(tags)[0], 1], weights.shape[1])
        previous = tf.concat([first, tags[:, :-1]], 1)
        steps = tf.gather_nd(weights, tf.stack([previous, tags], -1))
        steps += tf.gather(emissions, tags, batch_dims=2)
        return tf.reduce_sum(tf.where(real, steps, 0.0), 1)

    def _partition(self, emissions: Tensor, real: Tensor) -> Tensor:
        """Return the log of the partition function: (B,). Every row has at least one step."""
        weights = self.scores + self.penalties
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
        """Return the scores (K + 1, K) that `viterbi` takes, the last row for first tags."""
        return np.asarray(self.scores + self.penalties)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {**super().get_config(), "allowed": self.allowed}


def log_likelihood(
    emissions: Array, lengths: npt.NDArray[np.int64], transitions: Array, tags: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """Return the log probability of the tags (B, T) of each row among all sequences: (B,).

    The other arguments are those of `viterbi`.
    """
    rows = np.arange(len(emissions))
    start, transitions = transitions[-1], transitions[:-1]
    every = start + emissions[:, 0]
    given = every[rows, tags[:, 0]]
    for t in range(1, emissions.shape[1]):
        alive = t < lengths
        longer = logsumexp(every[:, :, None] + transitions, 1) + emissions[:, t]
        every = np.where(alive[:, None], longer, every)
        step = transitions[tags[:, t - 1], tags[:, t]] + emissions[rows, t, tags[:, t]]
        given += np.where(alive, step, 0.0)
    found: npt.NDArray[np.float64] = given - logsumexp(every, 1)
    return found


def viterbi(
    emissions: Array, lengths: npt.NDArray[np.int64], transitions: Array
) -> list[npt.NDArray[np.int64]]:
    """Return the best path of each row (Viterbi 1967), one array (length,) per row.

    emissions: (B, T, K); lengths: (B,), at least 1; transitions: from `CRF.transitions`.
    """
    rows, steps, _ = emissions.shape
    start, transitions = transitions[-1], transitions[:-1]
    best = start + emissions[:, 0]
    scores, backpointers = [best], []
    for t in range(1, steps):
        candidates = best[:, :, None] + transitions
        backpointers.append(candidates.argmax(1))
        best = candidates.max(1) + emissions[:, t]
        scores.append(best)
    return [_backtrack(row, int(lengths[row]), scores, backpointers) for row in range(rows)]


def _backtrack(
    row: int, length: int, scores: list[Array], backpointers: list[npt.NDArray[np.int64]]
) -> npt.NDArray[np.int64]:
    path = np.zeros(length, np.int64)
    path[-1] = scores[length - 1][row].argmax()
    for t in range(length - 1, 0, -1):
        path[t - 1] = backpointers[t - 1][row, path[t]]
    return path
