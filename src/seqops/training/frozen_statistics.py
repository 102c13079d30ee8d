"""Batch normalisation of layers that are not trained."""

from __future__ import annotations

import keras

from seqops.training.adapters import sublayers


def freeze_statistics(model: keras.Model) -> None:
    """Keep the statistics of batch normalisation whose weights are frozen: it runs in inference mode."""
    for layer in sublayers(model):
        if isinstance(layer, keras.layers.BatchNormalization) and not layer.trainable_variables:
            layer.trainable = False
