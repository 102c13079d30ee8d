"""Networks of the images task: pixels to class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Ge, Lt

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Positive, Rate
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.objective import Objective
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.metrics.class_predictions import predictions
from seqops.nn.classifier_head import Head
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.images.data.encoding import labelled, standardised
from seqops.tasks.images.metrics import Metrics, scores_of
from seqops.tasks.images.model.classical import ClassicalKind, PixelClassifier
from seqops.tasks.images.model.layers import Augment, ConvBlock
from seqops.tasks.images.model.vision_transformer import encoder

Tensor = Any
ROWS = 256  # of one prediction batch


@dataclass(frozen=True)
class Network(interfaces.Network):
    """A picture classifier.

    Attributes
    ----------
    kind
        `cnn`: convolutional blocks; `lstm`: recurrent layers that read the rows of a picture from the top;
        `vit`: a transformer over patches (Dosovitskiy et al. 2021).
        `logistic` or `svm`: a classifier of pixels without a network, for which the other keys of `model` and
        those of `fit` have no meaning.
    units
        Filters of the first block of a `cnn`, twice as many in each further one; units of each layer of an
        `lstm`; width of a `vit`.
    layers
        Blocks of a `cnn`, each of which halves the side, or of a `vit`; recurrent layers of an `lstm`.
    patch
        Side of a patch of a `vit`, in pixels; it divides height and width.
    heads
        Attention heads of a `vit`; they divide its `units`.
    hidden
        Units of the dense layer before the logits.
    dropout
        Dropout rate in training.
    shift
        Pixels by which a training picture is moved, at most, at random.
    flip
        Whether training pictures are mirrored at random.
    colour
        Largest random change of light and contrast of training pictures, in standard deviations; 0: none.
    """

    kind: Literal["cnn", "lstm", "vit", ClassicalKind]
    units: Positive
    layers: Positive
    patch: Positive
    heads: Positive
    hidden: Positive
    dropout: Rate
    shift: Count
    flip: bool
    colour: Annotated[float, Ge(0.0), Lt(1.0)]

    def configured(self) -> Model:
        """Return the classical classifier of the kind, or else this network."""
        classical = {kind: PixelClassifier(kind) for kind in get_args(ClassicalKind)}
        return classical.get(self.kind, self)

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: standardised pixels (B, H, W, C) in, logits (B, K) out."""
        return self.classifier(meta["shape"], len(meta["labels"]), "head", optimizer)

    def classifier(
        self, shape: Sequence[int], classes: int, head: str, optimizer: keras.Optimizer | str
    ) -> keras.Model:
        """Build and compile a classifier of pixels (B, *shape); head: the name of its last layers."""
        pixels = keras.Input(tuple(shape), name="pixels")
        x = Augment(self.shift, self.flip, self.colour, name="augment")(pixels)
        if self.kind == "vit":
            x = encoder(x, self.patch, self.units, self.layers, self.heads, self.dropout)
        else:
            x = self._convolutional(x) if self.kind == "cnn" else self._recurrent(x)
        logits = Head(self.hidden, classes, self.dropout, name=head)(x)
        model = keras.Model(pixels, logits, name="classifier")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def _convolutional(self, x: Tensor) -> Tensor:
        for number in range(self.layers):
            x = ConvBlock(self.units << number, self.dropout, name=f"block_{number}")(x)
        return keras.layers.Flatten(name="flat")(x)

    def _recurrent(self, x: Tensor) -> Tensor:
        """Map (B, H, W, C) to the state after the last row: (B, U)."""
        _, height, width, channels = x.shape
        x = keras.layers.Reshape((height, width * channels), name="rows")(x)
        for number in range(self.layers):
            if number:
                x = keras.layers.Dropout(self.dropout, name=f"drop_{number}")(x)
            every = number < self.layers - 1
            x = keras.layers.LSTM(self.units, return_sequences=every, name=f"recurrent_{number}")(x)
        return x

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Decode pictures to standardised pixels (B, H, W, C); labels (B,), weight 1 for each row."""
        return (
            standardised(split.ragged("picture"), meta),
            split.plain("label"),
            np.ones(len(split), np.float32),
        )

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return 1 for every picture: (n,)."""
        return np.ones(len(split), np.int64)

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict `label`, the index of the most likely one, and `probabilities` of all."""
        return predictions(np.exp(log_softmax(logits_of(model, split, meta))))

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Fit the temperature to the validation rows."""
        rows = labelled(split)
        model.get_layer("head").calibrate(logits_of(model, rows, meta), rows.plain("label"))

    def training_rows(self, split: Split) -> Split:
        """Return the pictures of the labels that are predicted."""
        return labelled(split)

    def pretext(self) -> Objective:
        """Return the classification of the pictures of `data.pretext_labels`."""
        return Objective(PretextClassifier(self), Metrics.goal, pretext_scores)


@dataclass(frozen=True)
class PretextClassifier(interfaces.Network):
    """A classifier of the pictures of `data.pretext_labels`: the network with another head."""

    network: Network

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile. Raises ConfigError if there are no such labels."""
        if len(meta["pretext"]) < 2:
            raise ConfigError("fit.stages: a pretext stage needs two or more labels in data.pretext_labels.")
        return self.network.classifier(meta["shape"], len(meta["pretext"]), "pretext_head", optimizer)

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Decode pictures as the network does; their pretext labels (B,), weight 1 for each row."""
        pixels, _, weights = self.network.batch(split, meta)
        return pixels, split.plain("pretext"), weights

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return 1 for every picture: (n,)."""
        return self.network.lengths(split)

    def training_rows(self, split: Split) -> Split:
        """Return the pictures of the pretext labels."""
        return split.take(np.flatnonzero(split.plain("pretext") >= 0))

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict the pretext label of every picture."""
        return predictions(np.exp(log_softmax(logits_of(model, split, meta))))


def pretext_scores(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Score]:
    """Score predicted pretext labels as the task scores its labels."""
    return scores_of(predicted, truth, "pretext", len(meta["pretext"]))


def logits_of(model: keras.Model, split: Split, meta: Meta) -> npt.NDArray[np.float64]:
    """Compute the logits of all pictures: (n, K)."""
    logits = np.zeros((len(split), model.output_shape[-1]))
    for start in range(0, len(split), ROWS):
        rows = np.arange(start, min(start + ROWS, len(split)))
        logits[rows] = model.predict_on_batch(standardised(split.take(rows).ragged("picture"), meta))
    return logits
