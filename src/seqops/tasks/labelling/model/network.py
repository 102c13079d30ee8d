"""Recurrent network that labels every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Positive, Rate
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.ragged import Split
from seqops.nn.batching import in_length_order
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import CELLS, BidirectionalRNN
from seqops.tasks.labelling.model.predictions import predictions
from seqops.tasks.labelling.model.regression import Regression

ROWS = 256  # of one prediction batch
Tensor = Any


@dataclass(frozen=True)
class Network(interfaces.Network):
    """Recurrent layers and a sigmoid at every step, with weights shared over time.

    A `forward` network cannot know how long a sequence will be. If the labels depend on the length, as those
    of cumulative sums do (the threshold is a quarter of it), it can at best weigh the lengths that are still
    possible: at least the steps seen, at most the longest of training. If every sequence has the same length,
    the past determines every such label, and reading backwards adds no information.

    Attributes
    ----------
    kind
        Cell of the recurrent layers: `lstm`, `gru` or `simple_rnn`; or `regression`, logistic regression on
        running sums, without a network.
    direction
        `both` for bidirectional layers (Schuster and Paliwal 1997), or `forward`: the label of a step then
        depends on that step and those before it only.
    units
        Units of each direction of a layer.
    layers
        Recurrent layers.
    dropout
        Share of each layer's outputs dropped in training.
    recurrent_dropout
        Share of the state that a recurrent layer drops in training, the same part at every step of a row (Gal
        and Ghahramani 2016); above 0 training is slower, on a GPU much so: cuDNN has none.
    layer_norm
        Whether the outputs of each recurrent layer are normalised (Ba et al. 2016).
    residual
        Whether the input of each recurrent layer is added to its output (He et al. 2016) where both have the
        same width, as they have from the second layer on.
    """

    kind: Literal["lstm", "gru", "simple_rnn", "regression"]
    direction: Literal["both", "forward"]
    units: Positive
    layers: Positive
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool

    def configured(self) -> Model:
        """Return the regression, if that is the kind, or else this network."""
        return Regression() if self.kind == "regression" else self

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model: figures (B, T, D), lengths (B,) to logits of the label 1 (B, T, 1)."""
        figures = keras.Input((None, len(meta["values"])), name="figures")
        lengths = keras.Input((), dtype="int32", name="lengths")
        x: Tensor = figures
        join = LayerJoint(self.residual, self.layer_norm)
        for layer in range(self.layers):
            read = self._encode(x, lengths, f"encoder_{layer}")  # (B, T, U), or (B, T, 2U) if bidirectional
            read = keras.layers.Dropout(self.dropout, name=f"dropout_{layer}")(read)
            x = join(x, read, f"encoder_{layer}")
        logits = keras.layers.Dense(1, name="logits")(x)
        model = keras.Model({"figures": figures, "lengths": lengths}, logits, name="labeller")
        # the mean over real steps, not over padding
        loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def _encode(self, x: Tensor, lengths: Tensor, name: str) -> Tensor:
        if self.direction == "both":
            return BidirectionalRNN(self.kind, self.units, self.recurrent_dropout, name=name)(x, lengths)
        # with padding on the right, no real step comes after padding
        settings = {"return_sequences": True, "recurrent_dropout": self.recurrent_dropout}
        return CELLS[self.kind](self.units, name=name, **settings)(x)

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad scaled figures (B, T, D), labels (B, T, 1) and weights (B, T): 1 for real steps."""
        lengths = self.lengths(split)
        labels = split.ragged("labels").padded().astype(np.float32)[:, :, None]
        real = np.arange(labels.shape[1]) < lengths[:, None]
        return _inputs(split, meta), labels, real.astype(np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the number of steps: (n,)."""
        return split.ragged("figures").lengths

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Label every step: `labels`, and `probabilities` of the label 1, lists of T."""
        probabilities: list[list[float]] = [[] for _ in range(len(split))]
        lengths = self.lengths(split)
        for rows in in_length_order(lengths, ROWS):
            logits = np.asarray(model.predict_on_batch(_inputs(split.take(rows), meta)), np.float64)
            sigmoid = 1 / (1 + np.exp(-logits[:, :, 0]))
            for row, steps in zip(rows, sigmoid, strict=True):
                probabilities[row] = steps[: lengths[row]].tolist()
        return predictions(probabilities)


def _inputs(split: Split, meta: Meta) -> dict[str, npt.NDArray[Any]]:
    figures = split.ragged("figures")
    scaled = (figures.padded() - np.asarray(meta["centre"])) / np.asarray(meta["width"])
    return {"figures": scaled.astype(np.float32), "lengths": figures.lengths.astype(np.int32)}
