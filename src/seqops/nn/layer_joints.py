"""What joins one layer of a recurrent stack to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

Tensor = Any


@dataclass(frozen=True)
class LayerJoint:
    """Whether an input is added to its layer's output (He et al. 2016), and this normalised (Ba et al.)."""

    residual: bool
    layer_norm: bool

    def __call__(self, inputs: Tensor, outputs: Tensor, name: str) -> Tensor:
        """Join inputs (B, T, D) to outputs (B, T, U); they are added only if D is U."""
        if self.residual and inputs.shape[-1] == outputs.shape[-1]:
            outputs = keras.layers.Add(name=f"{name}_sum")([inputs, outputs])
        return keras.layers.LayerNormalization(name=f"{name}_norm")(outputs) if self.layer_norm else outputs

    def layer(
        self, name: str, norm: Callable[..., keras.layers.Layer] = keras.layers.LayerNormalization
    ) -> Callable[[Tensor, Tensor], Tensor]:
        """Return what joins inputs to outputs in a layer or model of one's own; norm: what normalises."""
        if not (self.residual or self.layer_norm):
            return _unjoined  # no layer, so that the file of the weights has no empty group for it
        return JointLayer(self.residual, norm(name="norm") if self.layer_norm else None, name)


def _unjoined(inputs: Tensor, outputs: Tensor) -> Tensor:
    return outputs


class JointLayer(keras.layers.Layer):
    """A joint as a layer of a model that also reads step by step: its input may be one step or all of them.

    norm: the layer that normalises; None for none.
    """

    def __init__(self, residual: bool, norm: keras.layers.Layer | None, name: str) -> None:
        super().__init__(name=name)
        self.residual, self.norm = residual, norm

    def call(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """Join inputs (..., D) to outputs (..., U); they are added only if D is U."""
        if self.residual and inputs.shape[-1] == outputs.shape[-1]:
            outputs = inputs + outputs
        return outputs if self.norm is None else self.norm(outputs)
