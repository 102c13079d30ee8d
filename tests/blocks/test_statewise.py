"""The recurrent layers against Keras' own, outputs and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.rnn import GRU, LSTM, gather_last

B, T, D, U = 3, 5, 4, 6


def _inputs() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(size=(B, T, D)), tf.float32)


def _pair(precision: str) -> tuple[LSTM, keras.layers.LSTM]:
    keras.utils.set_random_seed(0)
    ours, theirs = LSTM(U, precision), keras.layers.LSTM(U, return_sequences=True, return_state=True)
    ours(_inputs(), ours.zeros(_inputs()))
    theirs.build((B, T, D))
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def test_the_lstm_is_that_of_keras() -> None:
    ours, theirs = _pair("float32")
    hidden, cell = ours(_inputs(), ours.zeros(_inputs()), training=True)
    wanted, last_hidden, last_cell = theirs(_inputs())
    np.testing.assert_allclose(hidden, wanted, atol=1e-6)
    np.testing.assert_allclose(hidden[:, -1], last_hidden, atol=1e-6)
    np.testing.assert_allclose(cell[:, -1], last_cell, atol=1e-6)


@pytest.mark.parametrize(("precision", "within"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_its_gradients_are_those_of_keras(precision: str, within: float) -> None:
    ours, theirs = _pair(precision)
    inputs, first = _inputs(), [tf.ones([B, U]) * 0.3, tf.ones([B, U]) * -0.2]

    def gradients(outputs, layer):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *first])
            hidden, last_cell = outputs()
            loss = tf.reduce_sum(hidden**2) + tf.reduce_sum(last_cell**3)
        return tape.gradient(loss, [inputs, *first, *layer.trainable_variables])

    def run_ours():
        hidden, cell = ours(inputs, tuple(first), training=True)
        return hidden, cell[:, -1]

    def run_theirs():
        hidden, _, last_cell = theirs(inputs, initial_state=first)
        return hidden, last_cell

    pairs = zip(gradients(run_ours, ours), gradients(run_theirs, theirs), strict=True)
    for mine, wanted in pairs:
        np.testing.assert_allclose(mine, wanted, atol=within * float(tf.reduce_max(tf.abs(wanted))))


def test_the_gru_is_that_of_keras() -> None:
    keras.utils.set_random_seed(0)
    ours = GRU(U)
    (hidden,) = ours(_inputs(), ours.zeros(_inputs()))
    np.testing.assert_allclose(hidden, ours.steps(_inputs()), atol=1e-6)
    assert hidden.shape == (B, T, U)


def test_the_end_of_a_row_is_its_last_real_step() -> None:
    steps = tf.reshape(tf.range(12.0), [2, 3, 2])
    assert gather_last(steps, tf.constant([1, 3])).numpy().tolist() == [[0.0, 1.0], [10.0, 11.0]]
