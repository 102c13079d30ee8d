"""A causal transformer whose attention fades with distance and ends at the window."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqops.nn.language_encoder import embedding
from seqops.nn.transformer import MASK_VALUE, Projected, Transformer

Tensor = Any
State = tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]
"""Tokens read (B,), and the keys and values of the last W tokens of each layer, (B, H, W, U / H) each."""

WIDENING = 4
"""The feed-forward layers' width, in units (Vaswani et al. 2017, section 3.3)."""


class WindowedTransformer(keras.layers.Layer):
    """Tokens to outputs; each sees itself and the `window` - 1 tokens before it.

    Instead of positions, each head takes off from a score its own slope times the distance (ALiBi: Press
    et al. 2022, section 3), so text longer than any row of training is read as well, and a cache of the
    window's size is all that must be kept.
    """

    def __init__(
        self, vocabulary: int, units: int, layers: int, heads: int, dropout: float, window: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.heads, self.window = units, heads, window
        self.embedding = embedding(vocabulary, units, name="embedding")
        self.drop = keras.layers.Dropout(dropout, name="drop_embedding")
        self.transformer = Transformer(layers, units, heads, WIDENING * units, dropout, name="transformer")

    def call(self, tokens: Tensor, training: bool = False) -> Tensor:
        """Read tokens (B, T); returns (B, T, U)."""
        places = tf.range(tf.shape(tokens)[1])
        distance = places[None, :, None] - places[None, None, :]
        bias = self._bias(distance, (distance >= 0) & (distance < self.window))
        x = self.drop(self.embedding(tokens), training=training)
        return self.transformer(x, bias, training=training)[0]

    def zeros(self, rows: int) -> State:
        """Return the state of rows that have read nothing."""
        none = tf.zeros([rows, self.heads, self.window, self.units // self.heads])
        return tf.zeros([rows], tf.int32), tuple((none, none) for _ in self.transformer.stack)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token of each row (B,); returns the output (B, U) and the state."""
        read, layers = state
        place = read % self.window  # the newest token takes the place of the oldest
        age = (place[:, None] - tf.range(self.window)) % self.window  # (B, W)
        bias = self._bias(age[:, None], (age <= read[:, None])[:, None])
        x, kept = self.embedding(tokens)[:, None], []
        for layer, past in zip(self.transformer.stack, layers, strict=True):
            x, seen, _ = layer(x, bias, Projected(*past), place)
            kept.append(tuple(seen))
        return self.transformer.norm(x)[:, 0], (read + 1, tuple(kept))

    def _bias(self, distance: Tensor, seen: Tensor) -> Tensor:
        """Take off from each head's scores its slope times the distance: (B, T, S) to (B, H, T, S)."""
        slopes = tf.constant([2.0 ** (-8.0 * head / self.heads) for head in range(1, self.heads + 1)])
        fading = -slopes[:, None, None] * tf.cast(distance, tf.float32)[:, None]
        return tf.where(seen[:, None], fading, MASK_VALUE)
