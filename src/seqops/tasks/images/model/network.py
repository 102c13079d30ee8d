"""Networks of the images task: pixels to class probabilities."""

from __future__ import annotations

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
from seqops.core.frozen_features import FrozenFeatures
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.objective import Objective
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.metrics.class_predictions import predictions
from seqops.nn.classifier_head import Head
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.images.data.encoding import labelled, standardised
from seqops.tasks.images.metrics import Metrics, scores_of
from seqops.tasks.images.model.backbone import Backbone, require_network
from seqops.tasks.images.model.classical import ClassicalKind, PixelClassifier
from seqops.tasks.images.model.features import FEATURES, batches, frozen_features
from seqops.tasks.images.model.layers import Augment, ConvBlock
from seqops.tasks.images.model.vision_transformer import encoder

Tensor = Any


@dataclass(frozen=True)
class Network(interfaces.Network):
    """A picture classifier.

    Attributes
    ----------
    kind
        `cnn`: convolutional blocks; `lstm`: recurrent layers that read the rows of a picture from the top;
        `vit`: a transformer over patches (Dosovitskiy et al. 2021); `backbone`: a published network under a
        new head.
        `logistic` or `svm`: a classifier of pixels without a network, for which the other keys of `model` and
        those of `fit` have no meaning.
    backbone
        The network of a `backbone`: EfficientNetLite0, or a name of keras.applications, as VGG16 or
        MobileNetV2. It starts from the weights of `data.pretrained`, or from nothing.
    units
        Filters of the first block of a `cnn`, twice as many in each further one; units of each layer of an
        `lstm`; width of a `vit`; a `backbone` ignores it.
    layers
        Blocks of a `cnn`, each of which halves the side, or of a `vit`; recurrent layers of an `lstm`; a
        `backbone` ignores it.
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

    kind: Literal["cnn", "lstm", "vit", "backbone", ClassicalKind]
    backbone: str
    units: Positive
    layers: Positive
    patch: Positive
    heads: Positive
    hidden: Positive
    dropout: Rate
    shift: Count
    flip: bool
    colour: Annotated[float, Ge(0.0), Lt(1.0)]

    def __post_init__(self) -> None:
        require_network(self.backbone)

    def configured(self) -> Model:
        """Return the classical classifier of the kind, or else this network."""
        classical = {kind: PixelClassifier(kind) for kind in get_args(ClassicalKind)}
        return classical.get(self.kind, self)

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: standardised pixels (B, H, W, C) in, logits (B, K) out."""
        return self.classifier(meta, len(meta["labels"]), "head", optimizer)

    def classifier(
        self, meta: Meta, classes: int, head: str, optimizer: keras.Optimizer | str
    ) -> keras.Model:
        """Build and compile a classifier of pixels; head: the name of its last layers."""
        pixels = keras.Input(tuple(meta["shape"]), name="pixels")
        x = Augment(self.shift, self.flip, self.colour, name="augment")(pixels)
        if self.kind == "vit":
            x = encoder(x, self.patch, self.units, self.layers, self.heads, self.dropout)
        elif self.kind == "backbone":
            x = Backbone(self.backbone, meta["mean"], meta["spread"], name="backbone")(x)
        else:
            x = self._convolutional(x) if self.kind == "cnn" else self._recurrent(x)
        logits = Head(self.hidden, classes, self.dropout, self.kind == "backbone", name=head)(x)
        model = keras.Model(pixels, logits, name="classifier")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def load_pretrained(self, model: keras.Model, meta: Meta) -> None:
        """Load the weights of `data.pretrained`. Raises DataError if they are not here, or do not fit."""
        if self.kind == "backbone" and "pretrained" in meta:
            model.get_layer("backbone").load(meta)

    def frozen_features(self, model: keras.Model, meta: Meta) -> FrozenFeatures | None:
        """Return how the head trains on the features of a frozen backbone; None if pictures are changed."""
        if self.kind != "backbone" or self.shift or self.flip or self.colour:
            return None
        return None if model.get_layer("backbone").trainable_weights else frozen_features(model, meta)

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
        """Return what a model reads of pictures; labels (B,), weight 1 for each row."""
        return inputs_of(split, meta), split.plain("label"), np.ones(len(split), np.float32)

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

    def pretext(self) -> Objective | None:
        """Return the classification of the pictures of `data.pretext_labels`; a backbone has none."""
        if self.kind == "backbone":
            return None
        return Objective(PretextClassifier(self), Metrics.goal, pretext_scores)


@dataclass(frozen=True)
class PretextClassifier(interfaces.Network):
    """A classifier of the pictures of `data.pretext_labels`: the network with another head."""

    network: Network

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile. Raises ConfigError if there are no such labels."""
        if len(meta["pretext"]) < 2:
            raise ConfigError("fit.stages: a pretext stage needs two or more labels in data.pretext_labels.")
        return self.network.classifier(meta, len(meta["pretext"]), "pretext_head", optimizer)

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


def inputs_of(split: Split, meta: Meta) -> npt.NDArray[np.float32]:
    """Return features of a frozen backbone (B, F) if there are any, else standardised pixels (B, H, W, C)."""
    if FEATURES in split.columns:
        return np.asarray(split.plain(FEATURES), np.float32)
    return standardised(split.ragged("picture"), meta)


def logits_of(model: keras.Model, split: Split, meta: Meta) -> npt.NDArray[np.float64]:
    """Compute the logits of all pictures: (n, K)."""
    logits = np.zeros((len(split), model.output_shape[-1]))
    for rows in batches(len(split), meta):
        logits[rows] = model.predict_on_batch(inputs_of(split.take(rows), meta))
    return logits
