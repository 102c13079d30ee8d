"""Softmax layers over a vocabulary: tied, tempered or sampled; label smoothing."""

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
    """Logits over a vocabulary, tied to the embedding matrix if one is given (Press and Wolf 2017).

    precision: of the matrix product in training.
    """

    def __init__(
        self, size: int, embedding: keras.layers.Embedding | None, precision: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.embedding, self.precision = size, embedding, precision

    def build(self, shape: Any) -> None:
        """Create the bias, and the output matrix if it is not tied."""
        self.bias = self.add_weight(shape=(self.size,), initializer="zeros", name="bias")
        if self.embedding is None:
            self.kernel = self.add_weight(shape=(self.size, shape[-1]), name="kernel")

    def call(self, readouts: Tensor, training: bool = False) -> Tensor:
        """Return logits (N, V) of readouts (N, E)."""
        precision = self.precision if training else "float32"
        return mixed_precision_matmul(readouts, self.matrix(), precision, transpose_b=True) + self.bias

    def matrix(self) -> Tensor:
        """Return the output matrix, one row per token: (V, E)."""
        return tf.convert_to_tensor(self.kernel if self.embedding is None else self.embedding.embeddings)


class TemperedSoftmax(Softmax):
    """A softmax whose logits are divided by a temperature, set on held-out rows after the fit."""

    def build(self, shape: Any) -> None:
        """Create the weights and the temperature."""
        super().build(shape)
        self.temperature = self.add_weight(shape=(), initializer="ones", trainable=False, name="temperature")

    def call(self, readouts: Tensor, training: bool = False) -> Tensor:
        """Return logits (N, V) of readouts (N, E)."""
        return super().call(readouts, training) / self.temperature


class SampledSoftmax(Softmax):
    """A softmax that can be trained on a sample of the vocabulary.

    inclusion_probabilities: probability of each token to be in the sample, (V,).
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
        """Sample tokens without replacement, each with its inclusion probability.

        Systematic sampling: points one apart on the cumulative probabilities (Madow 1949), so the sample
        size is the sum of the probabilities.
        """
        edges = np.cumsum(self.inclusion_probabilities)
        count = round(float(edges[-1]))
        edges[-1] = count + 1  # rounding must not let the last point fall beyond the last token
        start = tf.cast(keras.random.uniform((), seed=self.seeds), tf.float64)
        points = start + tf.range(count, dtype=tf.float64)
        return tf.searchsorted(tf.constant(edges), points, side="right")

    def loss(self, truth: Tensor, readouts: Tensor) -> Tensor:
        """Return the cross-entropy (N,) of truth (N,), estimated on a sample of the vocabulary.

        In the sum over all tokens, the true token's term is exact and a sampled token's term is weighted by
        1 / its inclusion probability, so the sum is unbiased (Jean et al. 2015, section 3; Blanc and Rendle
        2018, section 2.2).
        """
        truth, sampled = tf.cast(truth, tf.int32), self.draw()
        matrix, bias = self.matrix(), tf.convert_to_tensor(self.bias)
        of_truth = tf.reduce_sum(readouts * tf.gather(matrix, truth), -1) + tf.gather(bias, truth)
        rows = tf.gather(matrix, sampled)
        logits = mixed_precision_matmul(readouts, rows, self.precision, transpose_b=True)
        probabilities = tf.gather(tf.constant(self.inclusion_probabilities, tf.float32), sampled)
        logits += tf.gather(bias, sampled) - tf.math.log(probabilities)  # (N, K)
        logits = tf.where(sampled == truth[:, None], logits.dtype.min, logits)
        return tf.reduce_logsumexp(tf.concat([of_truth[:, None], logits], -1), -1) - of_truth


def inclusion_probabilities(counts: Sequence[int], size: int) -> npt.NDArray[np.float64]:
    """Return probabilities proportional to the counts plus one, capped at 1, that sum to `size`: (V,)."""
    share = np.asarray(counts, np.float64) + 1.0
    certain = np.zeros(len(share), bool)
    while True:
        left = size - certain.sum()
        if left >= (~certain).sum():
            return np.ones(len(share))
        probabilities = np.where(certain, 1.0, left * share / share[~certain].sum())
        if (probabilities <= 1.0).all():
            return probabilities
        certain |= probabilities > 1.0


def smoothed_cross_entropy(smoothing: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the cross-entropy with label smoothing (Szegedy et al. 2016)."""

    def loss(truth: Tensor, logits: Tensor) -> Tensor:
        size = logits.shape[-1]
        rest = smoothing / size
        targets = tf.one_hot(tf.cast(truth, tf.int32), size, 1.0 - smoothing + rest, rest)
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)

    return loss
