"""Residual connections, layer normalisation and recurrent dropout of recurrent stacks."""

from pathlib import Path

import keras
import numpy as np
import pytest

from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import BidirectionalRNN
from seqops.params import Params

ROOT = Path(__file__).parents[2]
X = np.array([[[1.0, 2.0], [3.0, -1.0]]], np.float32)
Y = np.array([[[10.0, 20.0], [5.0, 1.0]]], np.float32)
META = {
    "ner": {"width": 3, "words": "abc", "pos": "ab", "characters": "abcd", "tags": ["O", "B-PS", "I-PS"]},
    "labelling": {"values": ["x"], "centre": [0.0], "width": [1.0]},
    "sentiment": {"words": "abcd", "labels": ["no", "yes"], "label_shares": [], "vectors": {}},
}


def test_without_either_the_output_stays():
    assert LayerJoint(False, False)(X, Y, "a") is Y


def test_an_input_of_the_same_width_is_added():
    np.testing.assert_array_equal(LayerJoint(True, False)(X, Y, "a"), X + Y)


def test_an_input_of_another_width_is_not():
    assert LayerJoint(True, False)(X[:, :, :1], Y, "a") is Y


def test_the_sum_is_normalised_over_its_width():
    # sums (11, 22) and (8, 0): means 16.5 and 4, deviations 5.5 and 4
    np.testing.assert_allclose(LayerJoint(True, True)(X, Y, "a"), [[[-1, 1], [1, -1]]], atol=1e-3)


def test_as_a_layer_it_joins_one_step_as_it_joins_all():
    layer = LayerJoint(True, True).layer("a")
    np.testing.assert_allclose(layer(X, Y), [[[-1, 1], [1, -1]]], atol=1e-3)
    np.testing.assert_allclose(layer(X[:, 1], Y[:, 1]), [[1, -1]], atol=1e-3)
    np.testing.assert_array_equal(LayerJoint(True, False).layer("b")(X, Y), X + Y)
    np.testing.assert_array_equal(LayerJoint(True, False).layer("c")(X[:, :, :1], Y), Y)
    assert LayerJoint(False, False).layer("d")(X, Y) is Y


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
def test_recurrent_dropout_acts_in_training_alone_and_never_on_the_first_step(kind):
    keras.utils.set_random_seed(0)
    layer, plain = BidirectionalRNN(kind, 8, 0.5, name="a"), BidirectionalRNN(kind, 8, name="b")
    x = np.random.default_rng(0).normal(size=(1, 4, 2)).astype(np.float32)
    lengths = np.array([4])
    expected = plain(x, lengths)
    layer.build(x.shape, (1,))
    for part, reference in ((layer.forwards, plain.forwards), (layer.backwards, plain.backwards)):
        for weight, value in zip(part.trainable_variables, reference.trainable_variables, strict=True):
            weight.assign(value)
    np.testing.assert_allclose(layer(x, lengths, training=False), expected, atol=1e-6)
    trained = np.asarray(layer(x, lengths, training=True))
    np.testing.assert_allclose(trained[:, 0, :8], expected[:, 0, :8], atol=1e-6)
    assert np.abs(trained[:, 1:, :8] - expected[:, 1:, :8]).max() > 1e-3
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.recurrent_dropout == 0.5


@pytest.mark.parametrize("task", ["ner", "labelling", "sentiment"])
def test_the_settings_of_a_task_add_what_they_name(task):
    alone = {} if task == "labelling" else {"mixture": "none"}

    def built(**values):
        settings = {"layers": 2, "units": 4, **alone, **values}
        params = Params.load(ROOT / "params.yaml").with_values(
            {f"tasks.{task}.model.{key}": value for key, value in settings.items()}
        )
        return params.task(task).network().build(META[task])

    def kinds(model):
        return [type(layer).__name__ for layer in model.layers]

    plain, joined = built(), built(layer_norm=True, residual=True, recurrent_dropout=0.3)
    assert kinds(plain).count("LayerNormalization") == kinds(plain).count("Add") == 0
    assert kinds(joined).count("LayerNormalization") == 2
    assert kinds(joined).count("Add") == 1  # the first layer has another width than its input
    assert joined.count_params() - plain.count_params() >= 2 * 2 * 8
    rates = {layer.recurrent_dropout for layer in joined.layers if type(layer).__name__ == "BidirectionalRNN"}
    assert rates == {0.3}
