"""Input layers of the tagger: words, characters and parts of speech of each token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqops.preprocessing.vocabulary import PAD, UNKNOWN
from seqops.tasks.ner.data.features import CHARACTERS, POS, WORD, WORD_POSITION

Tensor = Any


@keras.saving.register_keras_serializable("seqops")
class WordDropout(keras.layers.Layer):
    """Replace some words by UNKNOWN in training, so that the embedding of UNKNOWN is trained."""

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, words: Tensor, training: bool = False) -> Tensor:
        """Replace each id of (B, T) that is not padding by UNKNOWN with probability `rate`."""
        if not training or self.rate == 0.0:
            return words
        drawn = keras.random.uniform(tf.shape(words), seed=self.seed_generator) < self.rate
        return tf.where(drawn & (words != PAD), UNKNOWN, words)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable("seqops")
class CharacterCNN(keras.layers.Layer):
    """Encode the characters of a token by convolutions with max pooling (Ma and Hovy 2016, section 2.1)."""

    def __init__(self, size: int, dimension: int, filters: int, widths: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.dimension, self.filters, self.widths = size, dimension, filters, tuple(widths)
        self.embedding = keras.layers.Embedding(size, dimension, name="embedding")
        self.convolutions = [
            keras.layers.Conv1D(filters, width, padding="same", activation="relu", name=f"width_{width}")
            for width in self.widths
        ]

    def build(self, shape: Any) -> None:
        """Create the weights for ids (B, T, C)."""
        self.embedding.build((None, shape[-1]))
        for convolution in self.convolutions:
            convolution.build((None, shape[-1], self.dimension))

    def call(self, characters: Tensor) -> Tensor:
        """Map ids (B, T, C), padded on the right, to (B, T, filters * len(widths))."""
        shape = tf.shape(characters)
        flat = tf.reshape(characters, [-1, characters.shape[-1]])
        real = tf.cast(flat != PAD, tf.float32)[:, :, None]
        x = self.embedding(flat) * real
        # relu is never negative, so a masked 0 never wins over a real character
        pooled = [tf.reduce_max(c(x) * real, 1) for c in self.convolutions]
        width = self.filters * len(self.widths)
        return tf.reshape(tf.concat(pooled, -1), [shape[0], shape[1], width])

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return (B, T, filters * len(widths))."""
        return (*shape[:-1], self.filters * len(self.widths))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        own = {k: getattr(self, k) for k in ("size", "dimension", "filters", "widths")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("seqops")
class SplitFeatures(keras.layers.Layer):
    """Split features (B, T, F) into words, parts of speech, positions (B, T), characters and lengths (B,)."""

    def call(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the five; a step whose word is PAD is padding."""
        words = features[:, :, WORD]
        lengths = tf.reduce_sum(tf.cast(words != PAD, tf.int32), 1)
        return words, features[:, :, POS], features[:, :, WORD_POSITION], features[:, :, CHARACTERS:], lengths
