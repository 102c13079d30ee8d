"""Layers of the picture networks: convolutional blocks, and changes of the training pictures."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Tensor = Any


class ConvBlock(keras.layers.Layer):
    """Two 3 x 3 convolutions with batch normalisation, maximum pooling to half the side, and dropout."""

    def __init__(self, filters: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.convolutions = [
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{n}")
            for n in range(2)
        ]
        self.norms = [keras.layers.BatchNormalization(momentum=0.9, name=f"norm_{n}") for n in range(2)]
        self.pool = keras.layers.MaxPooling2D(2, padding="same")
        self.drop = keras.layers.Dropout(dropout, name="drop")

    def build(self, shape: Any) -> None:
        """Create the weights for inputs (B, H, W, C)."""
        inner = (*shape[:-1], self.filters)
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            convolution.build(inner if number else shape)
            norm.build(inner)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Map (B, H, W, C) to (B, H / 2, W / 2, F), sides rounded up."""
        return self.pooled(self.features(x, training), training)

    def features(self, x: Tensor, training: bool = False) -> Tensor:
        """Map (B, H, W, C) to the rectified features of its places: (B, H, W, F)."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = tf.nn.relu(norm(convolution(x), training=training))
        return x

    def pooled(self, x: Tensor, training: bool = False) -> Tensor:
        """Map features (B, H, W, F) to (B, H / 2, W / 2, F)."""
        return self.drop(self.pool(x), training=training)

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return (B, H / 2, W / 2, F)."""
        return (shape[0], -(-shape[1] // 2), -(-shape[2] // 2), self.filters)


class Augment(keras.layers.Layer):
    """Moves, mirrors and recolours training pictures at random; others pass as they are.

    The training loop seeds it for every epoch, so that a resumed fit sees the same pictures.
    """

    def __init__(self, shift: int, flip: bool, colour: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shift, self.flip, self.colour = shift, flip, colour
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, pixels: Tensor, training: bool = False) -> Tensor:
        """Map pixels (B, H, W, C) to others of the same shape."""
        if not training:
            return pixels
        if self.shift:
            pixels = self._shifted(pixels)
        if self.flip:
            mirrored = self._drawn(pixels, 0.0, 1.0, ()) < 0.5
            pixels = tf.where(mirrored, pixels[:, :, ::-1], pixels)
        if self.colour:
            contrast = self._drawn(pixels, 1 - self.colour, 1 + self.colour, ())
            light = self._drawn(pixels, -self.colour, self.colour, (pixels.shape[-1],))
            pixels = pixels * contrast + light
        return pixels

    def _drawn(self, pixels: Tensor, low: float, high: float, channels: tuple[int, ...]) -> Tensor:
        """Draw a number for each picture, or for each of its channels: (B, 1, 1, 1 or C)."""
        shape = (tf.shape(pixels)[0], 1, 1, *(channels or (1,)))
        return keras.random.uniform(shape, low, high, seed=self.seeds)

    def _shifted(self, pixels: Tensor) -> Tensor:
        """Move each picture by up to `shift` pixels in both directions; its border is repeated."""
        rows, height, width = tf.shape(pixels)[0], pixels.shape[1], pixels.shape[2]
        for axis, side in ((1, height), (2, width)):
            by = keras.random.randint((rows, 1), -self.shift, self.shift + 1, dtype="int32", seed=self.seeds)
            places = tf.clip_by_value(tf.range(side)[None] + by, 0, side - 1)
            pixels = tf.gather(pixels, places, axis=axis, batch_dims=1)
        return pixels
