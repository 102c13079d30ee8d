"""EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation, with ReLU6 (Tan and Le 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Tensor = Any
Arrays = Mapping[str, npt.NDArray[Any]]
STEM, TOP = 32, 1280
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Expansion, side of the kernel, stride of the first block, channels and number of blocks: table 1."""
EPSILON = 1e-3
NORMALISATION = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
"""Names of the variables of a batch normalisation in torch and in Keras."""


def efficientnet_lite0(shape: tuple[int, int, int]) -> keras.Model:
    """Return the network without its classifier: pixels (B, H, W, 3) to features (B, h, w, 1280)."""
    pixels = keras.Input(shape)
    x = _normalised(keras.layers.Conv2D(STEM, 3, 2, "same", use_bias=False, name="stem")(pixels), "stem_norm")
    x = keras.layers.ReLU(6.0, name="stem_relu")(x)
    for number, (expansion, side, stride, channels, count) in enumerate(STAGES, 1):
        for block in range(count):
            name = f"block{number}{chr(ord('a') + block)}"
            x = _block(x, name, expansion, side, 1 if block else stride, channels)
    x = _normalised(keras.layers.Conv2D(TOP, 1, use_bias=False, name="top")(x), "top_norm")
    return keras.Model(pixels, keras.layers.ReLU(6.0, name="top_relu")(x), name="efficientnet_lite0")


def preprocess_input(light: Tensor) -> Tensor:
    """Map light from 0 to 255 to what the published weights were trained on."""
    return (light - 127.0) / 128.0


def from_torch(arrays: Arrays) -> dict[str, npt.NDArray[Any]]:
    """Name and transpose arrays of the torch version, as `stem/kernel`. Raises KeyError if one is missing."""
    found = {**_layer(arrays, "_conv_stem", "_bn0", "stem"), **_layer(arrays, "_conv_head", "_bn1", "top")}
    number = 0
    for stage, (expansion, *_, count) in enumerate(STAGES, 1):
        for block in range(count):
            inside, name = f"_blocks.{number}", f"block{stage}{chr(ord('a') + block)}"
            if expansion > 1:
                found |= _layer(arrays, f"{inside}._expand_conv", f"{inside}._bn0", f"{name}_expand")
            found |= _layer(arrays, f"{inside}._depthwise_conv", f"{inside}._bn1", f"{name}_depthwise")
            found |= _layer(arrays, f"{inside}._project_conv", f"{inside}._bn2", f"{name}_project")
            number += 1
    return found


def _block(x: Tensor, name: str, expansion: int, side: int, stride: int, channels: int) -> Tensor:
    """Expand, filter each channel, project; added to the input where the shapes are equal."""
    inputs, width = x, x.shape[-1]
    if expansion > 1:
        x = keras.layers.Conv2D(width * expansion, 1, use_bias=False, name=f"{name}_expand")(x)
        x = keras.layers.ReLU(6.0, name=f"{name}_expand_relu")(_normalised(x, f"{name}_expand_norm"))
    filters = keras.layers.DepthwiseConv2D(side, stride, "same", use_bias=False, name=f"{name}_depthwise")
    x = _normalised(filters(x), f"{name}_depthwise_norm")
    x = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = keras.layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
    x = _normalised(x, f"{name}_project_norm")
    return keras.layers.Add(name=f"{name}_add")([x, inputs]) if stride == 1 and width == channels else x


def _normalised(x: Tensor, name: str) -> Tensor:
    return keras.layers.BatchNormalization(epsilon=EPSILON, name=name)(x)


def _layer(arrays: Arrays, convolution: str, norm: str, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return a convolution, (out, in, h, w) in torch, and its normalisation."""
    kernel = arrays[f"{convolution}.weight"]
    axes = (2, 3, 0, 1) if name.endswith("_depthwise") else (2, 3, 1, 0)
    return {
        f"{name}/kernel": np.transpose(kernel, axes),
        **{f"{name}_norm/{ours}": arrays[f"{norm}.{theirs}"] for theirs, ours in NORMALISATION.items()},
    }
