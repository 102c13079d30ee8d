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


def test_recurrent_dropout_multiplies_the_state_before_each_product_and_its_gradient() -> None:
    keras.utils.set_random_seed(0)
    layer = LSTM(U, "float32", 0.5)
    inputs, first = _inputs(), (tf.ones([B, U]) * 0.3, tf.ones([B, U]) * -0.2)
    layer(inputs, first)
    mask = tf.constant(np.random.default_rng(1).integers(0, 2, (B, U)) * 2.0, tf.float32)
    layer.drop_state = lambda ones, training: mask * ones

    def by_hand():
        hidden, cell = first
        steps = []
        for t in range(T):
            gates = inputs[:, t] @ layer.kernel + (hidden * mask) @ layer.recurrent + layer.bias
            i, f, c, o = tf.split(gates, 4, -1)
            cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(c)
            hidden = tf.sigmoid(o) * tf.tanh(cell)
            steps.append(hidden)
        return tf.stack(steps, 1), cell

    def gradients(outputs):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *first])
            hidden, cell = outputs()
            loss = tf.reduce_sum(hidden**2) + tf.reduce_sum(cell**3)
        return [hidden, *tape.gradient(loss, [inputs, *first, *layer.trainable_variables])]

    def run_layer():
        hidden, cell = layer(inputs, first, training=True)
        return hidden, cell[:, -1]

    for actual, expected in zip(gradients(run_layer), gradients(by_hand), strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5 * float(tf.reduce_max(tf.abs(expected))))


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_recurrent_dropout_acts_in_training_alone(kind: type[LSTM | GRU]) -> None:
    keras.utils.set_random_seed(0)
    arguments = (U, "float32", 0.5) if kind is LSTM else (U, 0.5)
    layer, plain = kind(*arguments), kind(*arguments[:-1])
    for one in (layer, plain):
        one(_inputs(), one.zeros(_inputs()))
    for weight, value in zip(layer.trainable_variables, plain.trainable_variables, strict=True):
        weight.assign(value)
    expected = plain(_inputs(), plain.zeros(_inputs()))[0]
    np.testing.assert_allclose(layer(_inputs(), layer.zeros(_inputs()))[0], expected, atol=1e-6)
    trained = layer(_inputs(), layer.zeros(_inputs()), training=True)[0]
    np.testing.assert_allclose(trained[:, 0], expected[:, 0], atol=1e-6)
    assert np.abs(trained[:, 1:] - expected[:, 1:]).max() > 1e-3


def test_the_gru_equals_that_of_keras() -> None:
    keras.utils.set_random_seed(0)
    layer = GRU(U)
    (hidden,) = layer(_inputs(), layer.zeros(_inputs()))
    np.testing.assert_allclose(hidden, layer.steps(_inputs()), atol=1e-6)
    assert hidden.shape == (B, T, U)


def test_gather_last_returns_the_last_step_before_padding() -> None:
    steps = tf.reshape(tf.range(12.0), [2, 3, 2])
    assert gather_last(steps, tf.constant([1, 3])).numpy().tolist() == [[0.0, 1.0], [10.0, 11.0]]
