"""Layers of an ensemble whose members are computed together: every weight has a leading axis of members."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

Cell = Literal["lstm", "gru", "simple_rnn"]
GATES: dict[Cell, int] = {"lstm": 4, "gru": 3, "simple_rnn": 1}


class PerMember(keras.initializers.Initializer):
    """Initializes the weights of each member independently with the named initializer."""

    def __init__(self, name: str, members: int) -> None:
        self.parts = [keras.initializers.get(name) for _ in range(members)]

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return initial weights (M, ...)."""
        return ops.stack([part(shape[1:], dtype=dtype) for part in self.parts])


class EnsembleDense(keras.layers.Layer):
    """One dense layer per member: (B, M, F) -> (B, M, units)."""

    def __init__(self, units: int, activation: str, kernel: str, name: str) -> None:
        super().__init__(name=name)
        self.units, self.kernel_initializer = units, kernel
        self.activation = keras.activations.get(activation)

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the kernel (M, F, units) and the bias (M, units)."""
        members, features = shape[1:]
        self.kernel = self.add_weight(
            shape=(members, features, self.units),
            initializer=PerMember(self.kernel_initializer, members),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(members, self.units), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Apply each member's layer to its features."""
        return self.activation(ops.einsum("bmf,mfu->bmu", x, self.kernel) + self.bias)


class EnsembleCell(keras.layers.Layer):
    """One step of every member's recurrent cell, with its inputs already multiplied by the kernel.

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
        """Create the recurrent kernel (M, units, gates x units)."""
        self.recurrent = self.add_weight(
            shape=(self.members, self.units, GATES[self.kind] * self.units),
            initializer=PerMember("orthogonal", self.members),
            name="recurrent",
        )

    def call(self, projected: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Advance the states (B, M x units) by one step."""
        by_member = [ops.reshape(state, (-1, self.members, self.units)) for state in states]
        x = ops.reshape(projected, (-1, self.members, GATES[self.kind] * self.units))
        h = ops.einsum("bmu,mug->bmg", by_member[0], self.recurrent)
        new = getattr(self, f"_{self.kind}")(x, h, by_member)
        flat = [ops.reshape(state, (-1, self.members * self.units)) for state in new]
        return flat[0], flat

    def _lstm(self, x: Any, h: Any, states: list[Any]) -> list[Any]:
        i, f, c, o = ops.split(x + h, 4, axis=-1)
        cell = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(c)
        return [ops.sigmoid(o) * ops.tanh(cell), cell]

    def _gru(self, x: Any, h: Any, states: list[Any]) -> list[Any]:
        (xz, xr, xh), (hz, hr, hh) = ops.split(x, 3, axis=-1), ops.split(h, 3, axis=-1)
        z = ops.sigmoid(xz + hz)
        candidate = ops.tanh(xh + ops.sigmoid(xr + hr) * hh)
        return [z * states[0] + (1 - z) * candidate]

    def _simple_rnn(self, x: Any, h: Any, states: list[Any]) -> list[Any]:
        return [ops.tanh(x + h)]


class EnsembleRecurrent(keras.layers.Layer):
    """One recurrent layer per member, all in one loop over time: (B, T, M, F) -> (B, T, M, units)."""

    def __init__(self, kind: Cell, members: int, units: int, name: str) -> None:
        super().__init__(name=name)
        self.kind, self.members, self.units = kind, members, units
        self.cell = EnsembleCell(kind, members, units, "cell")
        self.loop = keras.layers.RNN(self.cell, return_sequences=True, name="loop")

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the kernel (M, F, gates x units) and its bias; an LSTM starts with open forget gates."""
        width = GATES[self.kind] * self.units
        self.kernel = self.add_weight(
            shape=(self.members, shape[-1], width),
            initializer=PerMember("glorot_uniform", self.members),
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(self.members, width),
            initializer=self._open_forget_gates if self.kind == "lstm" else "zeros",
            name="bias",
        )
        self.loop.build((None, shape[1], self.members * width))

    def _open_forget_gates(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Initialize the bias of the forget gate to 1 (Jozefowicz et al. 2015, section 2.2)."""
        gate = ops.arange(shape[1]) // self.units
        return ops.zeros(shape, dtype) + ops.cast(gate == 1, dtype or "float32")

    def call(self, x: Any, exists: Any = None) -> Any:
        """Project the inputs of all steps at once, then run the recurrence.

        exists: (B, T), None for all; a step that does not exist keeps the state.
        """
        width = GATES[self.kind] * self.units
        projected = ops.einsum("btmf,mfg->btmg", x, self.kernel) + self.bias
        h = self.loop(ops.reshape(projected, (-1, x.shape[1], self.members * width)), mask=exists)
        return ops.reshape(h, (-1, x.shape[1], self.members, self.units))

    def ends(self, h: Any) -> Any:
        """Return the state after the last step: (B, M, units)."""
        return h[:, -1]


class EnsembleBidirectional(keras.layers.Layer):
    """A forward and a backward recurrent layer per member: (B, T, M, F) -> (B, T, M, 2 x units).

    Schuster and Paliwal 1997. All rows have T steps, so reversing the time axis is enough.
    """

    def __init__(self, kind: Cell, members: int, units: int, name: str) -> None:
        super().__init__(name=name)
        self.units = units
        self.forwards = EnsembleRecurrent(kind, members, units, "forwards")
        self.backwards = EnsembleRecurrent(kind, members, units, "backwards")

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the weights of both directions."""
        self.forwards.build(shape)
        self.backwards.build(shape)

    def call(self, x: Any, exists: Any = None) -> Any:
        """Concatenate the outputs of both directions at each step; exists: as in EnsembleRecurrent."""
        flipped = None if exists is None else ops.flip(exists, axis=1)
        backwards = ops.flip(self.backwards(ops.flip(x, axis=1), flipped), axis=1)
        return ops.concatenate([self.forwards(x, exists), backwards], axis=-1)

    def ends(self, h: Any) -> Any:
        """Return the state of each direction after its last step: (B, M, 2 x units)."""
        return ops.concatenate([h[:, -1, :, : self.units], h[:, 0, :, self.units :]], axis=-1)
