"""A causal transformer with sliding-window attention and linear distance biases (ALiBi)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqops.nn.language_encoder import embedding
from seqops.nn.masking import MASK_VALUE
from seqops.nn.transformer import Projected, Transformer

Tensor = Any
WindowState = tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]
"""Number of tokens read (B,), and each layer's keys and values of the last W, (B, H, W, U / H) each."""

FEED_FORWARD_FACTOR = 4
"""Width of the feed-forward layers as a multiple of the units (Vaswani et al. 2017, section 3.3)."""


class WindowedTransformer(keras.layers.Layer):
    """Tokens to outputs; each attends to itself and to the `window` - 1 tokens before it.

    Instead of position encodings, each head subtracts its slope times the distance from the scores (ALiBi:
    Press et al. 2022, section 3), so that text longer than the training rows can be read, with a cache of
    the window's size.
    """

    def __init__(
        self, vocabulary: int, units: int, layers: int, heads: int, dropout: float, window: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.heads, self.window = units, heads, window
        self.embedding = embedding(vocabulary, units, name="embedding")
        self.drop = keras.layers.Dropout(dropout, name="drop_embedding")
        self.transformer = Transformer(
            layers, units, heads, FEED_FORWARD_FACTOR * units, dropout, name="transformer"
        )

    def call(self, tokens: Tensor, training: bool = False) -> Tensor:
        """Map tokens (B, T) to outputs (B, T, U)."""
        positions = tf.range(tf.shape(tokens)[1])
        distance = positions[None, :, None] - positions[None, None, :]
        bias = self._bias(distance, (distance >= 0) & (distance < self.window))
        x = self.drop(self.embedding(tokens), training=training)
        return self.transformer(x, bias, training=training)[0]

    def zeros(self, rows: int) -> WindowState:
        """Return the initial state of `rows` rows."""
        none = tf.zeros([rows, self.heads, self.window, self.units // self.heads])
        return tf.zeros([rows], tf.int32), tuple((none, none) for _ in self.transformer.stack)

    def step(self, tokens: Tensor, state: WindowState) -> tuple[Tensor, WindowState]:
        """Read one token of each row (B,); return the output (B, U) and the new state."""
        read, layers = state
        slot = read % self.window  # the newest token replaces the oldest
        age = (slot[:, None] - tf.range(self.window)) % self.window  # (B, W)
        bias = self._bias(age[:, None], (age <= read[:, None])[:, None])
        x, caches = self.embedding(tokens)[:, None], []
        for layer, past in zip(self.transformer.stack, layers, strict=True):
            x, seen, _ = layer(x, bias, Projected(*past), slot)
            caches.append(tuple(seen))
        return self.transformer.norm(x)[:, 0], (read + 1, tuple(caches))

    def _bias(self, distance: Tensor, seen: Tensor) -> Tensor:
        """Return the bias of each head, minus its slope times the distance: (B, T, S) to (B, H, T, S)."""
        slopes = tf.constant([2.0 ** (-8.0 * head / self.heads) for head in range(1, self.heads + 1)])
        decay = -slopes[:, None, None] * tf.cast(distance, tf.float32)[:, None]
        return tf.where(seen[:, None], decay, MASK_VALUE)
