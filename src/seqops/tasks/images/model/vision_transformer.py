"""A vision transformer (Dosovitskiy et al. 2021): patches of a picture as a sequence."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqops.core.errors import ConfigError
from seqops.nn.transformer import TransformerLayer

Tensor = Any


class Patches(keras.layers.Layer):
    """Embeds the patches of a picture, from left to right and from the top, behind a class token."""

    def __init__(self, side: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side, self.units = side, units
        self.embed = keras.layers.Dense(units, name="embed")

    def build(self, shape: Any) -> None:
        """Create the weights for inputs (B, H, W, C)."""
        _, height, width, channels = shape
        self.rows, self.columns = height // self.side, width // self.side
        self.embed.build((None, self.side**2 * channels))
        size = (1, self.rows * self.columns + 1, self.units)
        self.token = self.add_weight(shape=(1, 1, self.units), initializer="zeros", name="token")
        self.positions = self.add_weight(
            shape=size, initializer=keras.initializers.TruncatedNormal(stddev=0.02), name="positions"
        )

    def divided(self, pixels: Tensor) -> Tensor:
        """Divide pixels (B, H, W, C) into patches (B, N, side * side * C)."""
        side, channels = self.side, pixels.shape[-1]
        x = tf.reshape(pixels, [-1, self.rows, side, self.columns, side, channels])
        x = tf.transpose(x, [0, 1, 3, 2, 4, 5])
        return tf.reshape(x, [-1, self.rows * self.columns, side * side * channels])

    def call(self, pixels: Tensor) -> Tensor:
        """Map pixels (B, H, W, C) to the token and the patches, with their positions: (B, 1 + N, U)."""
        x = self.embed(self.divided(pixels))
        token = tf.broadcast_to(tf.convert_to_tensor(self.token), [tf.shape(x)[0], 1, self.units])
        return tf.concat([token, x], 1) + self.positions

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return (B, 1 + N, U)."""
        return (shape[0], (shape[1] // self.side) * (shape[2] // self.side) + 1, self.units)


def encoder(x: Tensor, patch: int, units: int, layers: int, heads: int, dropout: float) -> Tensor:
    """Map pixels (B, H, W, C) to the class token after all blocks (B, U). Raises ConfigError."""
    _, height, width, _ = x.shape
    if height % patch or width % patch:
        raise ConfigError(
            f"model.patch: {patch} does not divide pictures of {height} x {width} (data.height, data.width). "
            "Set it to a divisor of both."
        )
    if units % heads:
        raise ConfigError(f"model.units: {units} is no multiple of the {heads} heads. Change one of them.")
    x = Patches(patch, units, name="patches")(x)
    for number in range(layers):
        block = TransformerLayer(units, heads, 2 * units, dropout, cross=False, name=f"block_{number}")
        x = block(x)[0]
    return keras.layers.LayerNormalization(epsilon=1e-6, name="norm")(x)[:, 0]
