"""A published network, without its classifier, as a layer: of keras.applications, or EfficientNet-Lite0."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.core.errors import ConfigError, DataError
from seqops.core.interfaces import Meta
from seqops.preprocessing import weights_choice
from seqops.tasks.images.model import efficientnet_lite

Tensor = Any
Arrays = Mapping[str, npt.NDArray[Any]]
LITE = "EfficientNetLite0"
NETWORKS = tuple(sorted([*(name for name in dir(keras.applications) if name[0].isupper()), LITE]))
TORCH_STEM = "_conv_stem.weight"
CHANNELS = 3
"""Of what these networks read: red, green and blue."""
IMAGENET_MEAN, IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of each channel, from 0 to 1."""


class Backbone(keras.layers.Layer):
    """A published network with its own preprocessing, averaged over all places.

    mean, spread: by channel, from 0 to 1; they undo the standardisation of the pixels. While all of it is
    frozen, it runs in inference mode.
    """

    def __init__(self, network: str, mean: Sequence[float], spread: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chosen = network
        self.mean, self.spread = np.array(mean, np.float32), np.array(spread, np.float32)

    def build(self, shape: Any) -> None:
        """Create the network for inputs (B, H, W, C). Raises ConfigError for a size that it does not take."""
        _, height, width, _ = shape
        try:
            self.network = _network(self.chosen, (height, width, CHANNELS))
        except ValueError as error:
            raise ConfigError(
                f"model.backbone: {self.chosen} takes no pictures of {height} x {width} pixels (data.height, "
                f"data.width): {_reason(error)}. Set larger ones."
            ) from None
        self._set_normalisation()

    def call(self, pixels: Tensor, training: bool = False) -> Tensor:
        """Map standardised pixels (B, H, W, C) to the mean features: (B, F)."""
        return self.pooled(self.features(pixels, training), training)

    def features(self, pixels: Tensor, training: bool = False) -> Tensor:
        """Map standardised pixels (B, H, W, C) to the features of their places: (B, h, w, F)."""
        light = (pixels * self.spread + self.mean) * 255.0
        colours = tf.repeat(light, CHANNELS, axis=-1) if light.shape[-1] == 1 else light
        learns = training and bool(self.network.trainable_variables)
        return self.network(_preprocessing(self.chosen)(colours), training=learns)

    def pooled(self, x: Tensor, training: bool = False) -> Tensor:
        """Map features (B, h, w, F) to their means: (B, F)."""
        return tf.reduce_mean(x, (1, 2))

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return (B, F)."""
        return (shape[0], self.network.output_shape[-1])

    def load(self, meta: Meta) -> None:
        """Load the weights that a meta names. Raises DataError if they are not those of this network."""
        name = meta["pretrained"]["name"]
        weights = weights_choice.weights_of(meta)
        path = weights_choice.hdf5_file(name)
        try:
            if path is None:
                self._assign(_keras_arrays(self.chosen, weights.tensors))
            else:
                self._load_file(path)
        except (ValueError, KeyError, OSError) as error:
            raise DataError(
                f"data.pretrained: the weights {name!r} are not those of {self.chosen} without its "
                f"classifier: {_reason(error)}. Change model.backbone, or name other weights."
            ) from None
        self._set_normalisation()

    def _load_file(self, path: Path) -> None:
        """Load a file that Keras wrote. Raises ValueError for one that has not all weights.

        Keras leaves weights as they are that it does not find in a file.
        """
        floats = [variable for variable in self.network.weights if variable.dtype == "float32"]
        for variable in floats:
            variable.assign(np.full(variable.shape, np.nan, np.float32))
        with warnings.catch_warnings(action="ignore"):
            self.network.load_weights(path)
        for variable in floats:
            if np.isnan(variable.numpy()).any():
                raise ValueError(f"they have no {_key(variable)}")

    def _set_normalisation(self) -> None:
        """Normalise inputs as the published weights of EfficientNet expect it.

        Its layer has weights for that, which are empty in a new network, and in the published files hold the
        standard deviation instead of the variance (https://github.com/tensorflow/tensorflow/issues/49930).
        """
        for layer in self.network.layers:
            if isinstance(layer, keras.layers.Normalization) and layer.weights:
                mean, variance, _ = layer.weights
                mean.assign(IMAGENET_MEAN)
                variance.assign(np.square(IMAGENET_SPREAD))
                layer.finalize_state()

    def _assign(self, arrays: Arrays) -> None:
        """Assign arrays by the layer and name of each variable. Raises ValueError if they do not fit."""
        for variable in self.network.weights:
            key = _key(variable)
            if key not in arrays:
                raise ValueError(f"they have no {key}")
            if (found := arrays[key].shape) != tuple(variable.shape):
                raise ValueError(f"the shape of {key} is {found}, not {tuple(variable.shape)}")
            variable.assign(arrays[key])


def require_network(name: str) -> None:
    """Raise ValueError for a network that is not known."""
    if name not in NETWORKS:
        close = difflib.get_close_matches(name, NETWORKS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(NETWORKS)}"
        raise ValueError(f"no network {name!r}: {hint}")


def _network(name: str, shape: tuple[int, int, int]) -> keras.Model:
    """Create a network without its classifier. Raises ValueError for a size that it does not take."""
    if name == LITE:
        return efficientnet_lite.efficientnet_lite0(shape)
    create = getattr(keras.applications, name)
    created: keras.Model = create(include_top=False, weights=None, input_shape=shape)
    return created


def _keras_arrays(name: str, arrays: Arrays) -> Arrays:
    """Return arrays as they are, or those of a version in torch by Keras' names and axes."""
    return efficientnet_lite.from_torch(arrays) if name == LITE and TORCH_STEM in arrays else arrays


def _key(variable: Any) -> str:
    """Return the layer and the name of a variable, as `block1_conv1/kernel`."""
    return "/".join(str(variable.path).split("/")[-2:])


def _preprocessing(network: str) -> Callable[[Tensor], Tensor]:
    """Return the published preprocessing of a network, of pixels from 0 to 255."""
    if network == LITE:
        return efficientnet_lite.preprocess_input
    modules = (module for name, module in sorted(vars(keras.applications).items()) if name[0].islower())
    own = next(module for module in modules if hasattr(module, network))
    found: Callable[[Tensor], Tensor] = own.preprocess_input
    return found


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200].removesuffix(".")
