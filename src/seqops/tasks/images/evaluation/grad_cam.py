"""Grad-CAM (Selvaraju et al. 2017): the places of a picture that speak for a class."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.tasks.images.model.backbone import Backbone
from seqops.tasks.images.model.layers import ConvBlock

Floats = npt.NDArray[np.float64]


def last_convolution(model: Any) -> int | None:
    """Return the number of the last layer that is a convolutional block or a backbone; None if none is."""
    layers = model.layers if isinstance(model, keras.Model) else []
    found = [i for i, layer in enumerate(layers) if isinstance(layer, ConvBlock | Backbone)]
    return max(found, default=None)


def heat_maps(model: keras.Model, block: int, pixels: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return the places that raise the logit of the likeliest class, and the logits: (n, h, w), (n, K).

    block: the number of the last convolutional block, after which each layer reads the one before; pixels:
    standardised (n, H, W, C). The features of the block, before pooling, are weighted by the mean gradient of
    the logit (equations 1 and 2), and a map is scaled to a maximum of 1; it is 0 where nothing speaks for the
    class.
    """
    layer, further = model.layers[block], model.layers[block + 1 :]
    below = keras.Model(model.input, layer.input)
    with tf.GradientTape() as tape:
        features = layer.features(below(pixels))
        tape.watch(features)
        logits = layer.pooled(features)
        for each in further:
            logits = each(logits)
        likeliest = tf.reduce_max(logits, axis=1)
    weights = tf.reduce_mean(tape.gradient(likeliest, features), axis=(1, 2), keepdims=True)
    maps = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)).numpy().astype(np.float64)
    top = maps.max((1, 2), keepdims=True)
    return maps / np.where(top > 0, top, 1.0), logits.numpy().astype(np.float64)
