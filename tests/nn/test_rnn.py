"""The recurrent layers against those of Keras, outputs and gradients."""

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
    layer, reference = LSTM(U, precision), keras.layers.LSTM(U, return_sequences=True, return_state=True)
    layer(_inputs(), layer.zeros(_inputs()))
    reference.build((B, T, D))
    reference.set_weights(layer.get_weights())
    return layer, reference


def test_the_lstm_equals_that_of_keras() -> None:
    layer, reference = _pair("float32")
    hidden, cell = layer(_inputs(), layer.zeros(_inputs()), training=True)
    expected, last_hidden, last_cell = reference(_inputs())
    np.testing.assert_allclose(hidden, expected, atol=1e-6)
    np.testing.assert_allclose(hidden[:, -1], last_hidden, atol=1e-6)
    np.testing.assert_allclose(cell[:, -1], last_cell, atol=1e-6)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_its_gradients_equal_those_of_keras(precision: str, tolerance: float) -> None:
    layer, reference = _pair(precision)
    inputs, first = _inputs(), [tf.ones([B, U]) * 0.3, tf.ones([B, U]) * -0.2]

    def gradients(outputs, layer):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *first])
            hidden, last_cell = outputs()
            loss = tf.reduce_sum(hidden**2) + tf.reduce_sum(last_cell**3)
        return tape.gradient(loss, [inputs, *first, *layer.trainable_variables])

    def run_layer():
        hidden, cell = layer(inputs, tuple(first), training=True)
        return hidden, cell[:, -1]

    def run_reference():
        hidden, _, last_cell = reference(inputs, initial_state=first)
        return hidden, last_cell

    pairs = zip(gradients(run_layer, layer), gradients(run_reference, reference), strict=True)
    for actual, expected in pairs:
        np.testing.assert_allclose(actual, expected, atol=tolerance * float(tf.reduce_max(tf.abs(expected))))


def test_the_gru_equals_that_of_keras() -> None:
    keras.utils.set_random_seed(0)
    layer = GRU(U)
    (hidden,) = layer(_inputs(), layer.zeros(_inputs()))
    np.testing.assert_allclose(hidden, layer.steps(_inputs()), atol=1e-6)
    assert hidden.shape == (B, T, U)


def test_gather_last_returns_the_last_step_before_padding() -> None:
    steps = tf.reshape(tf.range(12.0), [2, 3, 2])
    assert gather_last(steps, tf.constant([1, 3])).numpy().tolist() == [[0.0, 1.0], [10.0, 11.0]]
