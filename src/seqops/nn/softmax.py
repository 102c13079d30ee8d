"""The softmax over a vocabulary: tied or not, smoothed, or learnt from a drawn part of a large vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.nn.rnn import mixed_precision_matmul

Tensor = Any


class Softmax(keras.layers.Layer):
    """Logits over a vocabulary, by the embedding's own matrix where one is given (Press and Wolf 2017).

    precision: of the product in training.
    """

    def __init__(
        self, size: int, embedding: keras.layers.Embedding | None, precision: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.embedding, self.precision = size, embedding, precision

    def build(self, shape: Any) -> None:
        """Make the bias, and a matrix of its own where none is shared."""
        self.bias = self.add_weight(shape=(self.size,), initializer="zeros", name="bias")
        if self.embedding is None:
            self.kernel = self.add_weight(shape=(self.size, shape[-1]), name="kernel")

    def call(self, readouts: Tensor, training: bool = False) -> Tensor:
        """Return logits (N, V) of readouts (N, E)."""
        precision = self.precision if training else "float32"
        return mixed_precision_matmul(readouts, self.matrix(), precision, transpose_b=True) + self.bias

    def matrix(self) -> Tensor:
        """Return a row a token: (V, E)."""
        return tf.convert_to_tensor(self.kernel if self.embedding is None else self.embedding.embeddings)


class TemperedSoftmax(Softmax):
    """A softmax whose logits are divided by a temperature, which held-out rows set after the fit."""

    def build(self, shape: Any) -> None:
        """Make the weights, and the temperature."""
        super().build(shape)
        self.temperature = self.add_weight(shape=(), initializer="ones", trainable=False, name="temperature")

    def call(self, readouts: Tensor, training: bool = False) -> Tensor:
        """Return logits (N, V) of readouts (N, E)."""
        return super().call(readouts, training) / self.temperature


class SampledSoftmax(Softmax):
    """A softmax that can be learnt from drawn tokens.

    inclusion_probabilities: of each token (V,) to be among them.
    """

    def __init__(
        self,
        size: int,
        embedding: keras.layers.Embedding | None,
        precision: str,
        inclusion_probabilities: npt.NDArray[np.float64],
        **kwargs: Any,
    ) -> None:
        super().__init__(size, embedding, precision, **kwargs)
        self.inclusion_probabilities = inclusion_probabilities
        self.seeds = keras.random.SeedGenerator(0)

    def draw(self) -> Tensor:
        """Draw tokens, no one twice, each with its own chance: as many as the chances sum to.

        Systematic sampling: points one apart on the cumulated chances (Madow 1949).
        """
        edges = np.cumsum(self.inclusion_probabilities)
        count = round(float(edges[-1]))
        edges[-1] = count + 1  # rounding must not let the last point fall beyond the last token
        start = tf.cast(keras.random.uniform((), seed=self.seeds), tf.float64)
        points = start + tf.range(count, dtype=tf.float64)
        return tf.searchsorted(tf.constant(edges), points, side="right")

    def loss(self, truth: Tensor, readouts: Tensor) -> Tensor:
        """Return the cross-entropy (N,) of truth (N,) against drawn tokens that stand for all others.

        Of the sum over all tokens, the truth's term is exact and that of a drawn token weighs 1 / its chance,
        so the sum is right on average (Jean et al. 2015, section 3; Blanc and Rendle 2018, section 2.2).
        """
        truth, drawn = tf.cast(truth, tf.int32), self.draw()
        matrix, bias = self.matrix(), tf.convert_to_tensor(self.bias)
        of_truth = tf.reduce_sum(readouts * tf.gather(matrix, truth), -1) + tf.gather(bias, truth)
        logits = mixed_precision_matmul(readouts, tf.gather(matrix, drawn), self.precision, transpose_b=True)
        chances = tf.gather(tf.constant(self.inclusion_probabilities, tf.float32), drawn)
        logits += tf.gather(bias, drawn) - tf.math.log(chances)  # (N, K)
        logits = tf.where(drawn == truth[:, None], logits.dtype.min, logits)
        return tf.reduce_logsumexp(tf.concat([of_truth[:, None], logits], -1), -1) - of_truth


def inclusion_probabilities(counts: Sequence[int], drawn: int) -> npt.NDArray[np.float64]:
    """Give each token a chance in proportion to its count plus one, at most 1, that sum to `drawn`: (V,)."""
    share = np.asarray(counts, np.float64) + 1.0
    sure = np.zeros(len(share), bool)
    while True:
        left = drawn - sure.sum()
        if left >= (~sure).sum():
            return np.ones(len(share))
        chances = np.where(sure, 1.0, left * share / share[~sure].sum())
        if (chances <= 1.0).all():
            return chances
        sure |= chances > 1.0


def smoothed_cross_entropy(smoothing: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the cross-entropy against 1 - smoothing on the truth and the rest spread (Szegedy 2016)."""

    def loss(truth: Tensor, logits: Tensor) -> Tensor:
        size = logits.shape[-1]
        rest = smoothing / size
        wanted = tf.one_hot(tf.cast(truth, tf.int32), size, 1.0 - smoothing + rest, rest)
        return tf.nn.softmax_cross_entropy_with_logits(wanted, logits)

    return loss
