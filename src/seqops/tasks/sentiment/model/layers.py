"""Layers that read right-padded rows, and see no padding."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder, LanguageEncoderConfig
from seqops.nn.rnn import gather_last
from seqops.preprocessing.vocabulary import PAD

Tensor = Any
MASK_VALUE = -1e9


class TermSum(keras.layers.Layer):
    """A dense layer over a vector of n-gram weights that is never made: a weighted sum of embedding rows."""

    def __init__(self, terms: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.terms, self.units = terms, units

    def build(self, terms_shape: Any, weights_shape: Any) -> None:
        """Make a row for each n-gram; padding, which weighs 0, has the first."""
        self.rows = self.add_weight(
            shape=(self.terms + 1, self.units), initializer="random_uniform", name="rows"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, terms: Tensor, weights: Tensor) -> Tensor:
        """Map ids (B, F) and their weights (B, F) to relu of the sum: (B, U)."""
        rows = tf.gather(tf.convert_to_tensor(self.rows), terms)  # (B, F, U)
        return tf.nn.relu(tf.linalg.matvec(rows, weights, transpose_a=True) + self.bias)

    def compute_output_shape(self, terms_shape: Any, weights_shape: Any) -> tuple[Any, ...]:
        """Return (B, U)."""
        return (terms_shape[0], self.units)


class Lengths(keras.layers.Layer):
    """Count the real words of rows (B, T): (B,)."""

    def call(self, words: Tensor) -> Tensor:
        """Count what is no padding."""
        return tf.reduce_sum(tf.cast(words != PAD, tf.int32), 1)


class Last(keras.layers.Layer):
    """Take each row's state where it ends; of two directions, the backward one where it begins."""

    def __init__(self, both: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.both = both

    def call(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Map states (B, T, D) to (B, D)."""
        end = gather_last(steps, lengths)
        if not self.both:
            return end
        half = steps.shape[-1] // 2
        return tf.concat([end[:, :half], steps[:, 0, half:]], -1)


class MeanMax(keras.layers.Layer):
    """Pool the real steps of each row by mean and by maximum."""

    def call(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Map (B, T, D) to (B, 2D)."""
        real = tf.sequence_mask(lengths, tf.shape(steps)[1])[:, :, None]
        total = tf.reduce_sum(tf.where(real, steps, 0.0), 1)
        mean = total / tf.cast(lengths, tf.float32)[:, None]
        return tf.concat([mean, tf.reduce_max(tf.where(real, steps, MASK_VALUE), 1)], -1)


class Reader(keras.layers.Layer):
    """Read every row from its first word on by a language encoder: (B, T) to (B, T, D), twice."""

    def __init__(self, sizes: LanguageEncoderConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language = LanguageEncoder(sizes, name="language")

    def call(self, words: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return the states of the topmost layer after its dropout, and before it.

        Dropout scales what it keeps: a maximum over dropped steps is larger in training than ever after.
        """
        start = self.language.zeros(tf.shape(words)[0])
        dropped, states = self.language(words, start, training=training)
        return dropped, states[-1][0]


class Head(keras.layers.Layer):
    """Logits of the classes, divided by a temperature that validation rows set after the fit."""

    def __init__(self, hidden: int, classes: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.drops = [keras.layers.Dropout(dropout, name=f"drop_{n}") for n in range(2)]
        self.hidden = keras.layers.Dense(hidden, "relu", name="hidden")
        self.logits = keras.layers.Dense(classes, name="logits")

    def build(self, shape: Any) -> None:
        """Make the weights for (B, D)."""
        self.hidden.build(shape)
        self.logits.build((shape[0], self.hidden.units))
        self.temperature = self.add_weight(shape=(), initializer="ones", trainable=False, name="temperature")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Map (B, D) to (B, K)."""
        x = self.hidden(self.drops[0](x, training=training))
        return self.logits(self.drops[1](x, training=training)) / self.temperature
