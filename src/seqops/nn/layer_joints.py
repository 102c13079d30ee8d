"""What joins one layer of a recurrent stack to the next."""

from __future__ import annotations

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
