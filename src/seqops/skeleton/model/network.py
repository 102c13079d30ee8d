"""A recurrent network that reads digits and predicts whether their sum is odd."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Positive, Rate
from seqops.core.interfaces import Batch, Meta
from seqops.core.ragged import Split

DIGITS = 11  # 0 is padding


@dataclass(frozen=True)
class Network(interfaces.Network):
    """An embedding, a GRU and two logits.

    Attributes
    ----------
    units
        Width of the embedding and of the GRU.
    dropout
        Share of the GRU's outputs dropped in training.
    """

    units: Positive
    dropout: Rate

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: digits (B, T) in, logits (B, 2) out."""
        digits = keras.Input((None,), dtype="int32", name="digits")
        x = keras.layers.Embedding(DIGITS, self.units, mask_zero=True, name="embedding")(digits)
        x = keras.layers.GRU(self.units, name="encoder")(x)  # (B, U)
        x = keras.layers.Dropout(self.dropout, name="dropout")(x)
        model = keras.Model(digits, keras.layers.Dense(2, name="logits")(x))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad digits on the right: (B, T); labels (B,)."""
        return split.ragged("digits").padded(), split.plain("odd"), None

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the number of digits: (n,)."""
        return split.ragged("digits").lengths

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict the probability of an odd sum: one row per example."""
        probabilities = keras.ops.softmax(model(split.ragged("digits").padded()))
        return pd.DataFrame({"probability": np.asarray(probabilities)[:, 1]})
