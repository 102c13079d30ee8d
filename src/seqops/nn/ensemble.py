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


class EnsembleNorm(keras.layers.Layer):
    """Layer normalisation (Ba et al. 2016) of each member and each direction by itself: (B, ..., M, D).

    Beyond the end of a row the state of one direction is kept and that of the other is zero: normalised
    together, the kept one would depend on the padding.
    """

    def __init__(self, directions: int, name: str) -> None:
        super().__init__(name=name)
        self.directions = directions

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the gain and the offset, (M, D) each."""
        self.gain = self.add_weight(shape=shape[-2:], initializer="ones", name="gain")
        self.offset = self.add_weight(shape=shape[-2:], initializer="zeros", name="offset")

    def call(self, x: Any) -> Any:
        """Normalise over the last axis, with the epsilon of Keras."""
        parts = []
        for part in ops.split(x, self.directions, axis=-1):
            mean, variance = ops.moments(part, axes=[-1], keepdims=True)
            parts.append((part - mean) * ops.rsqrt(variance + 1e-3))
        return ops.concatenate(parts, axis=-1) * self.gain + self.offset


class EnsembleCell(keras.layers.Layer):
    """One step of every member's recurrent cell, with its inputs already multiplied by the kernel.

    Gates in the order of Keras: i, f, c, o of the LSTM (Hochreiter and Schmidhuber 1997; Gers et al.
    2000); z, r, h of the GRU (Cho et al. 2014, the reset gate after the product, as in cuDNN).
    masked: the last of the states is what the hidden state is multiplied by before the product.
    """

    def __init__(self, kind: Cell, members: int, units: int, masked: bool, name: str) -> None:
        super().__init__(name=name)
        self.kind, self.members, self.units, self.masked = kind, members, units, masked
        size = members * units
        self.state_size = [size] * ((2 if kind == "lstm" else 1) + masked)
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
        states, mask = (states[:-1], states[-1:]) if self.masked else (states, [])
        shape = (-1, self.members, self.units)
        by_member = [ops.reshape(state, shape) for state in states]
        kept = ops.reshape(states[0] * mask[0], shape) if self.masked else by_member[0]
        x = ops.reshape(projected, (-1, self.members, GATES[self.kind] * self.units))
        h = ops.einsum("bmu,mug->bmg", kept, self.recurrent)
        new = getattr(self, f"_{self.kind}")(x, h, by_member)
        flat = [ops.reshape(state, (-1, self.members * self.units)) for state in new]
        return flat[0], [*flat, *mask]

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
    """One recurrent layer per member, all in one loop over time: (B, T, M, F) -> (B, T, M, units).

    recurrent_dropout: share of the state that is dropped in training, the same part at all steps (Gal and
    Ghahramani 2016).
    """

    def __init__(
        self, kind: Cell, members: int, units: int, name: str, recurrent_dropout: float = 0.0
    ) -> None:
        super().__init__(name=name)
        self.kind, self.members, self.units = kind, members, units
        self.cell = EnsembleCell(kind, members, units, bool(recurrent_dropout), "cell")
        self.drop_state = keras.layers.Dropout(recurrent_dropout) if recurrent_dropout else None
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

    def call(self, x: Any, exists: Any = None, training: bool | None = None) -> Any:
        """Project the inputs of all steps at once, then run the recurrence.

        exists: (B, T), None for all; a step that does not exist keeps the state.
        """
        width = GATES[self.kind] * self.units
        projected = ops.einsum("btmf,mfg->btmg", x, self.kernel) + self.bias
        flat = ops.reshape(projected, (-1, x.shape[1], self.members * width))
        h = self.loop(flat, initial_state=self._first(flat, training), mask=exists)
        return ops.reshape(h, (-1, x.shape[1], self.members, self.units))

    def _first(self, flat: Any, training: bool | None) -> Any:
        """Return the states before the first step; None for zeros."""
        if self.drop_state is None:
            return None
        zeros = ops.zeros_like(flat[:, 0, : self.members * self.units])
        mask = self.drop_state(zeros + 1.0, training=training)
        return [zeros] * (len(self.cell.state_size) - 1) + [mask]

    def ends(self, h: Any) -> Any:
        """Return the state after the last step: (B, M, units)."""
        return h[:, -1]


class EnsembleBidirectional(keras.layers.Layer):
    """A forward and a backward recurrent layer per member: (B, T, M, F) -> (B, T, M, 2 x units).

    Schuster and Paliwal 1997. All rows have T steps, so reversing the time axis is enough.
    """

    def __init__(
        self, kind: Cell, members: int, units: int, name: str, recurrent_dropout: float = 0.0
    ) -> None:
        super().__init__(name=name)
        self.units = units
        self.forwards = EnsembleRecurrent(kind, members, units, "forwards", recurrent_dropout)
        self.backwards = EnsembleRecurrent(kind, members, units, "backwards", recurrent_dropout)

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the weights of both directions."""
        self.forwards.build(shape)
        self.backwards.build(shape)

    def call(self, x: Any, exists: Any = None, training: bool | None = None) -> Any:
        """Concatenate the outputs of both directions at each step; exists: as in EnsembleRecurrent."""
        flipped = None if exists is None else ops.flip(exists, axis=1)
        read = self.backwards(ops.flip(x, axis=1), flipped, training=training)
        forwards = self.forwards(x, exists, training=training)
        return ops.concatenate([forwards, ops.flip(read, axis=1)], axis=-1)

    def ends(self, h: Any) -> Any:
        """Return the state of each direction after its last step: (B, M, 2 x units)."""
        return ops.concatenate([h[:, -1, :, : self.units], h[:, 0, :, self.units :]], axis=-1)
