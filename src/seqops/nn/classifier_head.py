"""The last layers of a classifier, with a temperature that calibrates its probabilities."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from seqops.nn.temperature_scaling import fit_temperature

Tensor = Any


class Head(keras.layers.Layer):
    """Logits of the classes, divided by a temperature that is fitted to validation rows after training.

    normalised: begin with batch normalisation, for inputs of any scale.
    """

    def __init__(
        self, hidden: int, classes: int, dropout: float, normalised: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.norm = keras.layers.BatchNormalization(momentum=0.9, name="norm") if normalised else None
        self.drops = [keras.layers.Dropout(dropout, name=f"drop_{n}") for n in range(2)]
        self.hidden = keras.layers.Dense(hidden, "relu", name="hidden")
        self.logits = keras.layers.Dense(classes, name="logits")

    def build(self, shape: Any) -> None:
        """Create the weights for inputs (B, D)."""
        if self.norm is not None:
            self.norm.build(shape)
        self.hidden.build(shape)
        self.logits.build((shape[0], self.hidden.units))
        self.temperature = self.add_weight(shape=(), initializer="ones", trainable=False, name="temperature")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Map (B, D) to logits (B, K)."""
        if self.norm is not None:
            x = self.norm(x, training=training)
        x = self.hidden(self.drops[0](x, training=training))
        return self.logits(self.drops[1](x, training=training)) / self.temperature

    def calibrate(self, logits: npt.NDArray[np.float64], labels: npt.NDArray[np.integer]) -> None:
        """Fit the temperature to logits (n, K) that this head computed, and to the true labels (n,)."""
        undivided = logits * float(self.temperature.numpy())
        self.temperature.assign(fit_temperature(undivided, np.asarray(labels, np.int64)))
