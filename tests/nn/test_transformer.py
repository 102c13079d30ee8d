"""The transformer: positions and attention by hand, causal and padding masks, and the cache of decoding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.transformer import (
    MultiHead,
    Projected,
    Transformer,
    TransformerLayer,
    causal,
    padding,
    sinusoids,
)

B, T, S, U, H = 2, 5, 4, 8, 2


def _draw(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def _transformer(cross: bool = False, dropout: float = 0.0) -> Transformer:
    keras.utils.set_random_seed(0)
    return Transformer(2, U, H, 16, dropout, cross=cross, name="transformer")


def test_positions_by_hand() -> None:
    # wavelengths at a width of 4: 2 pi, and 2 pi times 10,000 ** (2 / 4) = 100
    expected = [[0, 1, 0, 1], [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)]]
    np.testing.assert_allclose(sinusoids(tf.range(2), 4), expected, atol=1e-7)
    of_rows = sinusoids(tf.constant([[1], [0]]), 4)
    np.testing.assert_allclose(of_rows[:, 0], expected[::-1], atol=1e-7)


def test_biases_mask_the_future_and_the_padding() -> None:
    assert (causal(3).numpy() == 0).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    visible = padding(tf.constant([1, 3]), 3)
    assert visible.shape == (2, 1, 1, 3)
    assert (visible[:, 0, 0].numpy() == 0).tolist() == [[True, False, False], [True, True, True]]


def _identity(attention: MultiHead) -> MultiHead:
    attention.build()
    eye, none = np.eye(attention.units), np.zeros(attention.units)
    attention.set_weights([eye, none] * 4)
    return attention


def test_attention_by_hand() -> None:
    attention = _identity(MultiHead(2, 1))
    x = tf.constant([[[1.0, 0.0], [0.0, 2.0]]])
    found, weights = attention(x, attention.project(x))
    # scores q k / sqrt(2): (1, 0) of the first query and (0, 4) of the second
    a, b = (np.exp(s / np.sqrt(2)) for s in (1.0, 4.0))
    by_hand = np.array([[a / (a + 1), 1 / (a + 1)], [1 / (b + 1), b / (b + 1)]])
    np.testing.assert_allclose(weights[0, 0], by_hand, rtol=1e-6)
    np.testing.assert_allclose(found[0], by_hand @ x[0].numpy(), rtol=1e-6)


def test_each_head_attends_independently_and_a_bias_changes_only_its_own_weights() -> None:
    attention = _identity(MultiHead(2, 2))
    x = tf.constant([[[1.0, 3.0], [1.0, 5.0]]])
    bias = np.zeros((1, 2, 1, 2), np.float32)
    bias[0, 0, 0, 1] = np.log(3.0)  # the first head's scores are equal
    found, weights = attention(x[:, :1], attention.project(x), bias)
    np.testing.assert_allclose(weights[0, 0, 0], [0.25, 0.75], rtol=1e-6)
    # the second head: scores 3 * 3 and 3 * 5
    second = 1 / (1 + np.exp(6.0))
    np.testing.assert_allclose(found[0, 0], [1.0, 3 * second + 5 * (1 - second)], rtol=1e-6)


def test_the_width_must_be_a_multiple_of_the_number_of_heads() -> None:
    with pytest.raises(ValueError, match="multiple of heads, got 8 and 3"):
        MultiHead(8, 3)


def test_later_steps_do_not_affect_earlier_ones() -> None:
    layer, x = _transformer(), _draw(B, T, U)
    changed = tf.concat([x[:, :3], 10 * x[:, 3:]], 1)
    before, after = (layer(inputs, causal(T))[0].numpy() for inputs in (x, changed))
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3:] - before[:, 3:]).min(axis=-1).max() > 1e-3


def test_padding_has_no_effect() -> None:
    layer, x, memory = _transformer(cross=True), _draw(B, T, U), _draw(B, S, U, seed=1)
    lengths, of_memory = tf.constant([3, T]), tf.constant([2, S])
    together, weights = layer(
        x,
        causal(T) + padding(lengths, T),
        layer.project(memory),
        padding(of_memory, S),
    )
    alone, _ = layer(x[:1, :3], causal(3), layer.project(memory[:1, :2]))
    np.testing.assert_allclose(together[0, :3], alone[0], atol=1e-5)
    assert (weights[0, :, :, 2:].numpy() == 0).all()
    np.testing.assert_allclose(tf.reduce_sum(weights, -1), np.ones((B, H, T)), rtol=1e-5)


def _distances() -> tf.Tensor:
    """A bias by distance with one slope per head (Press et al. 2022): (H, T, T)."""
    distance = tf.cast(tf.range(T)[None, :] - tf.range(T)[:, None], tf.float32)
    return tf.constant([0.5, 0.25])[:, None, None] * distance


@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("capacity", [T, T + 3])
def test_decoding_step_by_step_with_a_cache_equals_decoding_at_once(cross: bool, capacity: int) -> None:
    layer, x = _transformer(cross), _draw(B, T, U)
    memory = layer.project(_draw(B, S, U, seed=1)) if cross else None
    memory_bias = padding(tf.constant([2, S]), S) if cross else None
    whole, _ = layer(x, causal(T) + _distances(), memory, memory_bias)
    cache = layer.empty(B, capacity)
    for t in range(T):
        bias = tf.pad(_distances()[:, t], [[0, 0], [0, capacity - T]])[None, :, None]
        step, cache = layer.step(x[:, t], cache, bias, memory, memory_bias)
        np.testing.assert_allclose(step, whole[:, t], atol=1e-5)
    assert cache.read.numpy().tolist() == [T, T]
    assert all(t.shape[0] == B for t in tf.nest.flatten(cache))
    assert cache.layers[0].keys.shape == (B, H, capacity, U // H)


def test_rows_of_a_cache_can_be_permuted_as_beam_search_does() -> None:
    layer, x = _transformer(), _draw(B, T, U)
    cache = layer.empty(B, T)
    for t in range(T - 1):
        _, cache = layer.step(x[:, t], cache)
    swapped_cache = tf.nest.map_structure(lambda s: tf.gather(s, [1, 0]), cache)
    last, _ = layer.step(x[:, -1], cache)
    swapped, _ = layer.step(x[::-1, -1], swapped_cache)
    np.testing.assert_allclose(swapped, last[::-1], atol=1e-6)


def test_rows_of_a_cache_can_be_at_different_steps() -> None:
    layer, x = _transformer(), _draw(B, T, U)
    cache = layer.empty(B, T)
    _, ahead = layer.step(x[:, 0], cache)
    mixed = tf.nest.map_structure(lambda a, b: tf.stack([a[0], b[1]]), ahead, cache)
    found, _ = layer.step(tf.stack([x[0, 1], x[1, 0]]), mixed)
    whole, _ = layer(x, causal(T))
    np.testing.assert_allclose(found, [whole[0, 1], whole[1, 0]], atol=1e-5)


def test_a_layer_with_zero_branches_is_the_identity() -> None:
    layer = TransformerLayer(U, H, 16, 0.0, cross=False, name="layer")
    layer.build()
    for dense in (layer.attention.output_, layer.narrow):
        dense.set_weights([np.zeros_like(w) for w in dense.get_weights()])
    x = _draw(B, T, U)
    np.testing.assert_array_equal(layer(x)[0], x)


def test_dropout_applies_only_in_training() -> None:
    layer, x = _transformer(dropout=0.5), _draw(B, T, U)
    deterministic, dropped = (layer(x, training=training)[0].numpy() for training in (False, True))
    np.testing.assert_array_equal(deterministic, layer(x)[0])
    assert np.abs(dropped - deterministic).max() > 0.1


def test_weights_are_named_by_their_layer() -> None:
    paths = [v.path for v in _transformer(cross=True).trainable_variables]
    assert len(set(paths)) == len(paths) == 2 * (2 * 8 + 4 + 3 * 2) + 2
    assert "transformer/layer_1/cross/query/kernel" in paths


def test_it_runs_in_a_graph_with_unknown_sizes() -> None:
    layer, x = _transformer(), _draw(B, T, U)

    @tf.function(input_signature=[tf.TensorSpec([None, None, U])])
    def run(x):
        first, _ = layer.step(x[:, 0], layer.empty(tf.shape(x)[0], tf.shape(x)[1]))
        return layer(x, causal(tf.shape(x)[1]))[0], first

    whole, first = run(x)
    np.testing.assert_allclose(whole, layer(x, causal(T))[0], atol=1e-6)
    np.testing.assert_allclose(first, whole[:, 0], atol=1e-5)


def test_a_projection_has_keys_and_values_by_head() -> None:
    attention = _identity(MultiHead(4, 2))
    x = tf.reshape(tf.range(8.0), [1, 2, 4])
    projected = attention.project(x)
    assert isinstance(projected, Projected)
    assert projected.keys[0].numpy().tolist() == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
