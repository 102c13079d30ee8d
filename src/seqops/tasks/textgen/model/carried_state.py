"""The state that a recurrent model carries from batch to batch while it learns."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder, States

Tensor = Any
NOWHERE = -1


class CarriedState:
    """What each row's state was after the batch before, and the place in the text where that was.

    A row goes on only where it starts at that very place, and else from nothing: so no order of batches,
    no new epoch and no fit gone on with can lead a wrong state on. These variables are none of Keras', so
    nothing of them is saved with the weights, and no batch size stands in the model.
    """

    def __init__(self, encoder: LanguageEncoder) -> None:
        self._state = tf.nest.map_structure(_rows_of, encoder.zeros(0))
        self._places = _rows_of(tf.zeros([0], tf.int64))

    def before(self, starts: Tensor) -> States:
        """Return the states from which rows go on that start at these places (B,)."""
        rows = tf.shape(starts)[0]
        places = tf.pad(self._places.read_value(), [[0, rows]], constant_values=NOWHERE)[:rows]
        follows = tf.cast(places == starts, tf.float32)[:, None]

        def of(part: tf.Variable) -> Tensor:
            padded = tf.pad(part.read_value(), [[0, rows], [0, 0]])
            return tf.ensure_shape(padded[:rows] * follows, part.shape)

        states: States = tf.nest.map_structure(of, self._state)
        return states

    def keep(self, states: States, ends: Tensor) -> None:
        """Remember the states (B, U) of rows that end at these places (B,)."""
        for variable, value in zip(tf.nest.flatten(self._state), tf.nest.flatten(states), strict=True):
            variable.assign(value)
        self._places.assign(ends)


def _rows_of(value: Tensor) -> tf.Variable:
    """Make a variable for any number of rows."""
    return tf.Variable(value, trainable=False, shape=[None, *value.shape[1:]])
