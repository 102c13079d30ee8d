"""Recurrent layers: bidirectional, and layers that return the state of every step."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Tensor = Any
CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}


@keras.saving.register_keras_serializable("seqops")
class BidirectionalRNN(keras.layers.Layer):
    """Reads rows forwards and backwards (Graves and Schmidhuber 2005).

    With right padding the forward layer never sees padding before a real step, and the backward layer only
    needs its input reversed within each row's length; so neither needs a mask. recurrent_dropout: share of
    the state that is dropped in training, the same part at all steps (Gal and Ghahramani 2016).
    """

    def __init__(self, kind: str, units: int, recurrent_dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.units, self.recurrent_dropout = kind, units, recurrent_dropout
        settings = {"return_sequences": True, "recurrent_dropout": recurrent_dropout}
        self.forwards = CELLS[kind](units, name="forwards", **settings)
        self.backwards = CELLS[kind](units, name="backwards", **settings)

    def build(self, x_shape: Any, lengths_shape: Any) -> None:
        """Create the weights of both directions for an input (B, T, D)."""
        self.forwards.build(x_shape)
        self.backwards.build(x_shape)

    def call(self, x: Tensor, lengths: Tensor, training: bool = False) -> Tensor:
        """Map (B, T, D) with lengths (B,) to (B, T, 2 * units); outputs beyond a length are undefined."""
        flipped = tf.reverse_sequence(x, lengths, seq_axis=1)
        read = self.backwards(flipped, training=training)
        backwards = tf.reverse_sequence(read, lengths, seq_axis=1)
        return tf.concat([self.forwards(x, training=training), backwards], -1)

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any) -> tuple[Any, ...]:
        """Return (B, T, 2 * units)."""
        return (*x_shape[:-1], 2 * self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        settings = {"units": self.units, "recurrent_dropout": self.recurrent_dropout}
        return {**super().get_config(), "kind": self.kind, **settings}


def mixed_precision_matmul(a: Tensor, b: Tensor, precision: str, **transposed: bool) -> Tensor:
    """Multiply two float32 matrices in `precision`; the result is cast to float32."""
    return tf.cast(tf.matmul(tf.cast(a, precision), tf.cast(b, precision), **transposed), tf.float32)


class LSTM(keras.layers.Layer):
    """The LSTM of Hochreiter and Schmidhuber 1997 with forget gates; gates in the order i, f, c, o.

    Like `keras.layers.LSTM` (the same weights give the same outputs), but it also returns the cell state of
    every step, so that the state at the end of a row needs no mask. recurrent_dropout: as in
    `BidirectionalRNN`; the states that it returns are whole, so that a next call may start from them.
    """

    def __init__(self, units: int, precision: str, recurrent_dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.precision = units, precision
        self.drop_state = keras.layers.Dropout(recurrent_dropout) if recurrent_dropout else None

    def build(self, shape: Any) -> None:
        """Create the weights as Keras does: forget gates start open."""
        width = 4 * self.units
        self.kernel = self.add_weight(shape=(shape[-1], width), name="kernel")
        self.recurrent = self.add_weight(
            shape=(self.units, width), initializer="orthogonal", name="recurrent"
        )
        self.bias = self.add_weight(shape=(width,), initializer=_open_forget_gates, name="bias")

    def zeros(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state before the first step, for inputs of B rows."""
        none = tf.zeros([tf.shape(inputs)[0], self.units])
        return none, none

    def call(
        self, inputs: Tensor, state: tuple[Tensor, Tensor], training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Read inputs (B, T, D) from the state (hidden, cell), (B, U) each; returns both of every step."""
        rows, steps = tf.shape(inputs)[0], tf.shape(inputs)[1]
        precision = self.precision if training else "float32"
        flat = tf.reshape(tf.transpose(inputs, [1, 0, 2]), [-1, inputs.shape[-1]])
        projected = mixed_precision_matmul(flat, self.kernel, precision) + self.bias
        projected = tf.reshape(projected, [steps, rows, 4 * self.units])
        drop = self.drop_state if training else None
        mask = drop(tf.ones_like(state[0]), training=True) if drop else None
        hidden, cell = _run(projected, tf.convert_to_tensor(self.recurrent), *state, precision, mask)
        return tf.transpose(hidden, [1, 0, 2]), tf.transpose(cell, [1, 0, 2])

    def step(self, inputs: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Read one input of each row (B, D), without the cost of a loop; returns hidden and cell state."""
        hidden, cell = state
        gates = tf.matmul(inputs, self.kernel) + tf.matmul(hidden, self.recurrent) + self.bias
        return _cell(gates, cell)[:2]


class GRU(keras.layers.Layer):
    """The GRU of Cho et al. 2014; like `LSTM`, it returns the state of every step."""

    def __init__(self, units: int, recurrent_dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.steps = keras.layers.GRU(
            units, return_sequences=True, recurrent_dropout=recurrent_dropout, name="steps"
        )

    def zeros(self, inputs: Tensor) -> tuple[Tensor]:
        """Return the state before the first step, for inputs of B rows."""
        return (tf.zeros([tf.shape(inputs)[0], self.units]),)

    def call(self, inputs: Tensor, state: tuple[Tensor], training: bool = False) -> tuple[Tensor]:
        """Read inputs (B, T, D) from the state (hidden,), (B, U); returns the hidden state of every step."""
        return (self.steps(inputs, initial_state=list(state), training=training),)

    def step(self, inputs: Tensor, state: tuple[Tensor]) -> tuple[Tensor]:
        """Read one input of each row (B, D), without the cost of a loop; returns the hidden state."""
        return (self.steps.cell(inputs, list(state))[0],)


def gather_last(steps: Tensor, lengths: Tensor) -> Tensor:
    """Select each row's last real step from (B, T, U): (B, U)."""
    return tf.gather(steps, lengths - 1, batch_dims=1)


def _open_forget_gates(shape: Any, dtype: Any = None) -> Tensor:
    units = shape[0] // 4
    return tf.concat([tf.zeros(units), tf.ones(units), tf.zeros(2 * units)], 0)


def _run(
    projected: Tensor, recurrent: Tensor, hidden: Tensor, cell: Tensor, precision: str, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Run over the projected inputs (T, B, 4U); returns hidden and cell states, (T, B, U) each.

    mask: what the last hidden state (B, U) is multiplied by before each product; None for nothing.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: Tensor, recurrent: Tensor, hidden: Tensor, cell: Tensor) -> Any:
        hiddens, cells, gates = _forward(projected, recurrent, hidden, cell, precision, mask)

        def gradient(up_hidden: Tensor, up_cell: Tensor) -> tuple[Tensor, ...]:
            previous = tf.concat([cell[None], cells[:-1]], 0)
            d_gates, d_hidden, d_cell = _backward(
                up_hidden, up_cell, gates, cells, previous, recurrent, precision, mask
            )
            width = recurrent.shape[0]
            inputs = _kept(tf.concat([hidden[None], hiddens[:-1]], 0), mask)
            inputs = tf.reshape(inputs, [-1, width])
            d_recurrent = mixed_precision_matmul(
                inputs, tf.reshape(d_gates, [-1, 4 * width]), precision, transpose_a=True
            )
            return d_gates, d_recurrent, d_hidden, d_cell

        return (hiddens, cells), gradient

    hiddens, cells = run(projected, recurrent, hidden, cell)
    return hiddens, cells


def _kept(hidden: Tensor, mask: Tensor | None) -> Tensor:
    return hidden if mask is None else hidden * mask


def _forward(
    projected: Tensor, recurrent: Tensor, hidden: Tensor, cell: Tensor, precision: str, mask: Tensor | None
) -> tuple[Tensor, ...]:
    steps, matrix = tf.shape(projected)[0], tf.cast(recurrent, precision)

    def step(t: Tensor, hidden: Tensor, cell: Tensor, *written: Any) -> tuple[Any, ...]:
        kept = _kept(hidden, mask)
        new = _cell(projected[t] + mixed_precision_matmul(kept, matrix, precision), cell)
        return t + 1, *new[:2], *(w.write(t, n) for w, n in zip(written, new, strict=True))

    units = recurrent.shape[0]
    empty = [tf.TensorArray(tf.float32, steps, element_shape=(None, n)) for n in (units, units, 4 * units)]
    _, _, _, *written = tf.while_loop(
        lambda t, *_: t < steps, step, (0, hidden, cell, *empty), parallel_iterations=1
    )
    return tuple(w.stack() for w in written)


def _cell(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Compute hidden state, cell state and gates from the gates' inputs (B, 4U) and the last cell state."""
    i, f, c, o = tf.split(gates, 4, -1)
    i, f, c, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(c), tf.sigmoid(o)
    cell = f * cell + i * c
    return o * tf.tanh(cell), cell, tf.concat([i, f, c, o], -1)


def _backward(
    up_hidden: Tensor,
    up_cell: Tensor,
    gates: Tensor,
    cells: Tensor,
    previous: Tensor,
    recurrent: Tensor,
    precision: str,
    mask: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the gates' inputs (T, B, 4U) and of the first hidden and cell state."""
    i, f, c, o = tf.split(gates, 4, -1)
    squashed = tf.tanh(cells)
    to_cell = o * (1 - squashed * squashed)
    of_hidden = squashed * o * (1 - o)
    of_cell = tf.concat([c * i * (1 - i), previous * f * (1 - f), i * (1 - c * c)], -1)
    matrix = tf.cast(tf.transpose(recurrent), precision)

    def step(t: Tensor, d_hidden: Tensor, d_cell: Tensor, written: Any) -> tuple[Any, ...]:
        d_hidden = d_hidden + up_hidden[t]
        d_cell = d_cell + up_cell[t] + d_hidden * to_cell[t]
        d_gates = tf.concat([tf.tile(d_cell, [1, 3]) * of_cell[t], d_hidden * of_hidden[t]], -1)
        return (
            t - 1,
            _kept(mixed_precision_matmul(d_gates, matrix, precision), mask),
            d_cell * f[t],
            written.write(t, d_gates),
        )

    steps = tf.shape(gates)[0]
    none = tf.zeros_like(cells[0])
    empty = tf.TensorArray(tf.float32, steps, element_shape=(None, gates.shape[-1]))
    _, d_hidden, d_cell, written = tf.while_loop(
        lambda t, *_: t >= 0, step, (steps - 1, none, none, empty), parallel_iterations=1
    )
    return written.stack(), d_hidden, d_cell
