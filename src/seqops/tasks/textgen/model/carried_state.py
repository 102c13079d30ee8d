"""The state that a recurrent model carries from batch to batch in training."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder, States

Tensor = Any
NOWHERE = -1


class CarriedState:
    """The state of each row after the previous batch, and the position in the text where it ended.

    A row takes over a state only if it starts at exactly that position, and starts from zeros otherwise: so
    no order of batches, new epoch or resumed fit can carry over a wrong state. Keras does not track these
    variables, so they are not saved with the weights, and the model has no fixed batch size.
    """

    def __init__(self, encoder: LanguageEncoder) -> None:
        self._state = tf.nest.map_structure(_rows_of, encoder.zeros(0))
        self._positions = _rows_of(tf.zeros([0], tf.int64))

    def before(self, starts: Tensor) -> States:
        """Return the initial states of rows that start at these positions (B,)."""
        rows = tf.shape(starts)[0]
        positions = tf.pad(self._positions.read_value(), [[0, rows]], constant_values=NOWHERE)[:rows]
        follows = tf.cast(positions == starts, tf.float32)[:, None]

        def of(part: tf.Variable) -> Tensor:
            padded = tf.pad(part.read_value(), [[0, rows], [0, 0]])
            return tf.ensure_shape(padded[:rows] * follows, part.shape)

        states: States = tf.nest.map_structure(of, self._state)
        return states

    def keep(self, states: States, ends: Tensor) -> None:
        """Store the states (B, U) of rows that end at these positions (B,)."""
        for variable, value in zip(tf.nest.flatten(self._state), tf.nest.flatten(states), strict=True):
            variable.assign(value)
        self._positions.assign(ends)


def _rows_of(value: Tensor) -> tf.Variable:
    """Create a variable for any number of rows."""
    return tf.Variable(value, trainable=False, shape=[None, *value.shape[1:]])
