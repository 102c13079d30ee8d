"""Layers that hold a whole ensemble: every weight has a leading axis of members, computed together."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

Cell = Literal["lstm", "gru", "simple_rnn"]
GATES: dict[Cell, int] = {"lstm": 4, "gru": 3, "simple_rnn": 1}


class PerMember(keras.initializers.Initializer):
    """Draw each member's weights apart, in the way the named initializer draws those of one network."""

    def __init__(self, name: str, members: int) -> None:
        self.parts = [keras.initializers.get(name) for _ in range(members)]

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Draw (M, ...)."""
        return ops.stack([part(shape[1:], dtype=dtype) for part in self.parts])


class EnsembleDense(keras.layers.Layer):
    """A dense layer a member: (B, M, F) -> (B, M, units)."""

    def __init__(self, units: int, activation: str, kernel: str, name: str) -> None:
        super().__init__(name=name)
        self.units, self.kernel_initializer = units, kernel
        self.activation = keras.activations.get(activation)

    def build(self, shape: tuple[int, ...]) -> None:
        """Make (M, F, units) and (M, units)."""
        members, features = shape[1:]
        self.kernel = self.add_weight(
            shape=(members, features, self.units),
            initializer=PerMember(self.kernel_initializer, members),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(members, self.units), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Multiply each member's features with its own kernel."""
        return self.activation(ops.einsum("bmf,mfu->bmu", x, self.kernel) + self.bias)


class EnsembleCell(keras.layers.Layer):
    """One step of every member's recurrent cell, its inputs multiplied already.

    Gates in the order of Keras: i, f, c, o of the LSTM (Hochreiter and Schmidhuber 1997; Gers et al.
    2000); z, r, h of the GRU (Cho et al. 2014, the reset gate after the product, as in cuDNN).
    """

    def __init__(self, kind: Cell, members: int, units: int, name: str) -> None:
        super().__init__(name=name)
        self.kind, self.members, self.units = kind, members, units
        size = members * units
        self.state_size = [size, size] if kind == "lstm" else [size]
        self.output_size = size

    def build(self, shape: tuple[int, ...]) -> None:
        """Make the recurrent kernel (M, units, gates x units)."""
        self.recurrent = self.add_weight(
            shape=(self.members, self.units, GATES[self.kind] * self.units),
            initializer=PerMember("orthogonal", self.members),
            name="recurrent",
        )

    def call(self, projected: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Move the states (B, M x units) one step on."""
        folded = [ops.reshape(state, (-1, self.members, self.units)) for state in states]
        x = ops.reshape(projected, (-1, self.members, GATES[self.kind] * self.units))
        again = ops.einsum("bmu,mug->bmg", folded[0], self.recurrent)
        moved = getattr(self, f"_{self.kind}")(x, again, folded)
        flat = [ops.reshape(state, (-1, self.members * self.units)) for state in moved]
        return flat[0], flat

    def _lstm(self, x: Any, again: Any, states: list[Any]) -> list[Any]:
        i, f, c, o = ops.split(x + again, 4, axis=-1)
        memory = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(c)
        return [ops.sigmoid(o) * ops.tanh(memory), memory]

    def _gru(self, x: Any, again: Any, states: list[Any]) -> list[Any]:
        (xz, xr, xh), (hz, hr, hh) = ops.split(x, 3, axis=-1), ops.split(again, 3, axis=-1)
        keep = ops.sigmoid(xz + hz)
        fresh = ops.tanh(xh + ops.sigmoid(xr + hr) * hh)
        return [keep * states[0] + (1 - keep) * fresh]

    def _simple_rnn(self, x: Any, again: Any, states: list[Any]) -> list[Any]:
        return [ops.tanh(x + again)]


class EnsembleRecurrent(keras.layers.Layer):
    """A recurrent layer a member, all in one loop over time: (B, T, M, F) -> (B, T, M, units)."""

    def __init__(self, kind: Cell, members: int, units: int, name: str) -> None:
        super().__init__(name=name)
        self.kind, self.members, self.units = kind, members, units
        self.cell = EnsembleCell(kind, members, units, "cell")
        self.loop = keras.layers.RNN(self.cell, return_sequences=True, name="loop")

    def build(self, shape: tuple[int, ...]) -> None:
        """Make the kernel (M, F, gates x units) and its bias; an LSTM forgets nothing at the start."""
        width = GATES[self.kind] * self.units
        self.kernel = self.add_weight(
            shape=(self.members, shape[-1], width),
            initializer=PerMember("glorot_uniform", self.members),
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(self.members, width),
            initializer=self._remembering if self.kind == "lstm" else "zeros",
            name="bias",
        )
        self.loop.build((None, shape[1], self.members * width))

    def _remembering(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Give the forget gate a bias of 1 (Jozefowicz et al. 2015, section 2.2)."""
        gate = ops.arange(shape[1]) // self.units
        return ops.zeros(shape, dtype) + ops.cast(gate == 1, dtype or "float32")

    def call(self, x: Any) -> Any:
        """Multiply the inputs of all steps at once, then step through time."""
        width = GATES[self.kind] * self.units
        projected = ops.einsum("btmf,mfg->btmg", x, self.kernel) + self.bias
        h = self.loop(ops.reshape(projected, (-1, x.shape[1], self.members * width)))
        return ops.reshape(h, (-1, x.shape[1], self.members, self.units))

    def ends(self, h: Any) -> Any:
        """Take the state after the last step: (B, M, units)."""
        return h[:, -1]


class EnsembleBidirectional(keras.layers.Layer):
    """Two recurrent layers a member that read from either end: (B, T, M, F) -> (B, T, M, 2 x units).

    Schuster and Paliwal 1997. Every row has all of its T steps, so nothing but their order is turned.
    """

    def __init__(self, kind: Cell, members: int, units: int, name: str) -> None:
        super().__init__(name=name)
        self.units = units
        self.forwards = EnsembleRecurrent(kind, members, units, "forwards")
        self.backwards = EnsembleRecurrent(kind, members, units, "backwards")

    def build(self, shape: tuple[int, ...]) -> None:
        """Make the weights of both directions."""
        self.forwards.build(shape)
        self.backwards.build(shape)

    def call(self, x: Any) -> Any:
        """Put what each direction says of a step side by side."""
        backwards = ops.flip(self.backwards(ops.flip(x, axis=1)), axis=1)
        return ops.concatenate([self.forwards(x), backwards], axis=-1)

    def ends(self, h: Any) -> Any:
        """Take the state of each direction after its last step, at either end: (B, M, 2 x units)."""
        return ops.concatenate([h[:, -1, :, : self.units], h[:, 0, :, self.units :]], axis=-1)
