"""Layers over right-padded rows that ignore the padding."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.masking import MASK_VALUE
from seqops.nn.rnn import gather_last
from seqops.preprocessing.vocabulary import PAD

Tensor = Any


class LabelOffsets(keras.layers.Layer):
    """Logits as they are; beside them, what is added to log probabilities where a label is decided."""

    def build(self, shape: Any) -> None:
        """Create the offsets of the classes of logits (B, K)."""
        self.offsets = self.add_weight(shape=shape[-1:], initializer="zeros", trainable=False, name="offsets")

    def call(self, logits: Tensor) -> Tensor:
        """Return the logits (B, K)."""
        return logits


class TermSum(keras.layers.Layer):
    """A dense layer over sparse n-gram weights, computed as a weighted sum of embedding rows."""

    def __init__(self, terms: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.terms, self.units = terms, units

    def build(self, terms_shape: Any, weights_shape: Any) -> None:
        """Create a row for each n-gram; row 0 is that of padding, whose weight is 0."""
        self.rows = self.add_weight(
            shape=(self.terms + 1, self.units), initializer="random_uniform", name="rows"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, terms: Tensor, weights: Tensor) -> Tensor:
        """Map ids (B, F) and their weights (B, F) to the ReLU of the weighted sum: (B, U)."""
        rows = tf.gather(tf.convert_to_tensor(self.rows), terms)  # (B, F, U)
        return tf.nn.relu(tf.linalg.matvec(rows, weights, transpose_a=True) + self.bias)

    def compute_output_shape(self, terms_shape: Any, weights_shape: Any) -> tuple[Any, ...]:
        """Return (B, U)."""
        return (terms_shape[0], self.units)


class Lengths(keras.layers.Layer):
    """Count the real words of rows (B, T): (B,)."""

    def call(self, words: Tensor) -> Tensor:
        """Count the words that are not padding."""
        return tf.reduce_sum(tf.cast(words != PAD, tf.int32), 1)


class Last(keras.layers.Layer):
    """The final state of each row; of a bidirectional layer, the backward half is taken at the first step."""

    def __init__(self, bidirectional: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bidirectional = bidirectional

    def call(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Map states (B, T, D) to (B, D)."""
        end = gather_last(steps, lengths)
        if not self.bidirectional:
            return end
        half = steps.shape[-1] // 2
        return tf.concat([end[:, :half], steps[:, 0, half:]], -1)


class MeanMax(keras.layers.Layer):
    """Mean and maximum over the real steps of each row."""

    def call(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Map (B, T, D) to (B, 2D)."""
        real = tf.sequence_mask(lengths, tf.shape(steps)[1])[:, :, None]
        total = tf.reduce_sum(tf.where(real, steps, 0.0), 1)
        mean = total / tf.cast(lengths, tf.float32)[:, None]
        return tf.concat([mean, tf.reduce_max(tf.where(real, steps, MASK_VALUE), 1)], -1)


class SideBySide(keras.layers.Layer):
    """The vectors of the first `width` steps of each row side by side, zeros beyond its end."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Map (B, T, D) to (B, width * D)."""
        real = tf.sequence_mask(lengths, tf.shape(steps)[1])[:, :, None]
        read = tf.where(real, steps, 0.0)[:, : self.width]
        padded = tf.pad(read, [[0, 0], [0, self.width - tf.shape(read)[1]], [0, 0]])
        return tf.reshape(padded, [-1, self.width * steps.shape[-1]])


class Reader(keras.layers.Layer):
    """Apply an LSTM language encoder to rows (B, T), each from the zero state: two outputs (B, T, D).

    The outputs are as wide as the embedding, D = width.
    """

    def __init__(
        self, vocabulary: int, width: int, units: int, layers: int, dropout: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        sizes = (vocabulary, width, units, layers, dropout)
        self.language = LanguageEncoder(
            "lstm",
            *sizes,
            tie_embeddings=True,
            precision="float32",
            recurrent_dropout=0.0,
            joint=LayerJoint(residual=False, layer_norm=False),
            name="language",
        )

    def call(self, words: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return the states of the top layer after its dropout, and before it.

        Dropout scales what it keeps: a maximum over dropped steps is larger in training than in inference.
        """
        start = self.language.zeros(tf.shape(words)[0])
        dropped, states = self.language(words, start, training=training)
        return dropped, states[-1][0]
