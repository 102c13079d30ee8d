"""Attention: shapes, weights that sum to one, padding that has no effect, and hand-worked scores."""

import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.attention import BahdanauAttention, DotAttention, LuongAttention, attend

KINDS = [LuongAttention, BahdanauAttention]
LENGTHS = tf.constant([3, 5])


def _inputs() -> tuple[tf.Tensor, tf.Tensor]:
    draw = np.random.default_rng(0).normal
    return tf.constant(draw(size=(2, 4, 6)), tf.float32), tf.constant(draw(size=(2, 5, 8)), tf.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_context_and_weights_have_the_expected_shapes(kind: type) -> None:
    (query, memory), layer = _inputs(), kind(6)
    context, weights = layer(query, layer.keys(memory), memory, LENGTHS)
    assert context.shape == (2, 4, 8)
    assert weights.shape == (2, 4, 5)
    np.testing.assert_allclose(tf.reduce_sum(weights, -1), np.ones((2, 4)), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_has_no_effect(kind: type) -> None:
    (query, memory), layer = _inputs(), kind(6)
    padded = tf.concat([memory[:1, :3], 1e3 * tf.ones([1, 2, 8])], 1)
    short, _ = layer(query[:1], layer.keys(memory[:1, :3]), memory[:1, :3], tf.constant([3]))
    long, weights = layer(query[:1], layer.keys(padded), padded, tf.constant([3]))
    np.testing.assert_allclose(long, short, rtol=1e-5)
    assert (weights.numpy()[:, :, 3:] == 0).all()


def test_equal_scores_attend_to_the_mean_within_the_length() -> None:
    memory = tf.constant([[[1.0], [3.0], [100.0]]])
    context, weights = attend(tf.zeros([1, 1, 3]), memory, tf.constant([2]))
    assert context.numpy().tolist() == [[[2.0]]]
    assert weights.numpy().tolist() == [[[0.5, 0.5, 0.0]]]


def test_luong_scores_are_dot_products_with_projected_states() -> None:
    (query, memory), layer = _inputs(), LuongAttention(6)
    keys = layer.keys(memory)
    _, weights = layer(query, keys, memory, tf.constant([5, 5]))
    scores = np.einsum("btd,bsd->bts", query.numpy(), memory.numpy() @ layer.project.kernel.numpy())
    expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=1e-4)


def test_dot_scores_are_dot_products_with_the_states_themselves() -> None:
    query, layer = tf.constant([[[1.0, 0.0]]]), DotAttention(2)
    memory = tf.constant([[[float(np.log(3.0)), 5.0], [0.0, 1.0]]])
    context, weights = layer(query, layer.keys(memory), memory, tf.constant([2]))
    np.testing.assert_allclose(weights, [[[0.75, 0.25]]], rtol=1e-6)
    np.testing.assert_allclose(context, [[[0.75 * np.log(3.0), 4.0]]], rtol=1e-6)
    assert layer.weights == []
    with pytest.raises(ValueError, match="queries of 2 units cannot be compared with 3"):
        layer.keys(tf.zeros([1, 2, 3]))


def test_bahdanau_scores_are_those_of_one_hidden_layer() -> None:
    (query, memory), layer = _inputs(), BahdanauAttention(6)
    _, weights = layer(query, layer.keys(memory), memory, tf.constant([5, 5]))
    hidden = np.tanh(
        (query.numpy() @ layer.queries.kernel.numpy())[:, :, None]
        + (memory.numpy() @ layer.project.kernel.numpy() + layer.project.bias.numpy())[:, None]
    )
    scores = (hidden @ layer.energy.kernel.numpy())[..., 0]
    expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=1e-4)
