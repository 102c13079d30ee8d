"""A recurrent layer run from both ends of right-padded rows, with no mask to slow it down."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Tensor = Any
CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}


@keras.saving.register_keras_serializable("seqops")
class BiRecurrent(keras.layers.Layer):
    """Read rows forwards and backwards (Graves and Schmidhuber 2005).

    With right padding the forward layer never sees padding before a real step, and the backward layer
    needs its input only turned round within each row's length; so neither carries a mask.
    """

    def __init__(self, kind: str, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.units = kind, units
        self.forwards = CELLS[kind](units, return_sequences=True, name="forwards")
        self.backwards = CELLS[kind](units, return_sequences=True, name="backwards")

    def build(self, x_shape: Any, lengths_shape: Any) -> None:
        """Make the weights of both directions for an input (B, T, D)."""
        self.forwards.build(x_shape)
        self.backwards.build(x_shape)

    def call(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map (B, T, D) with lengths (B,) to (B, T, 2 * units); what stands beyond a length is noise."""
        turned = tf.reverse_sequence(x, lengths, seq_axis=1)
        backwards = tf.reverse_sequence(self.backwards(turned), lengths, seq_axis=1)
        return tf.concat([self.forwards(x), backwards], -1)

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any) -> tuple[Any, ...]:
        """Return (B, T, 2 * units)."""
        return (*x_shape[:-1], 2 * self.units)

    def get_config(self) -> dict[str, Any]:
        """Return what `__init__` takes."""
        return {**super().get_config(), "kind": self.kind, "units": self.units}
