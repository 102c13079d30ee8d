"""The softmax: label smoothing by hand, and a sampled softmax that is unbiased."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.softmax import SampledSoftmax, inclusion_probabilities, smoothed_cross_entropy

V, E = 6, 3
TRUTH = np.array([0, 4, 4])


def _softmax(drawn: int, embedding: keras.layers.Embedding | None = None) -> tuple[SampledSoftmax, tf.Tensor]:
    keras.utils.set_random_seed(0)
    layer = SampledSoftmax(
        V, embedding, "float32", inclusion_probabilities([10, 3, 2, 0, 0, 1], drawn), name="softmax"
    )
    readouts = tf.constant(np.random.default_rng(0).normal(size=(3, E)), tf.float32)
    layer(readouts)
    layer.bias.assign(np.linspace(-1, 1, V))
    return layer, readouts


def test_label_smoothing_spreads_probability_over_the_other_classes() -> None:
    logits = np.log(np.array([[0.7, 0.2, 0.1]], np.float32))
    plain, smooth = (float(smoothed_cross_entropy(s)(np.array([0]), logits)[0]) for s in (0.0, 0.3))
    assert plain == pytest.approx(-np.log(0.7), abs=1e-6)
    assert smooth == pytest.approx(-0.8 * np.log(0.7) - 0.1 * np.log(0.2) - 0.1 * np.log(0.1), abs=1e-6)


def test_inclusion_probabilities_are_proportional_and_at_most_one() -> None:
    np.testing.assert_allclose(inclusion_probabilities([0, 0, 1, 4], 1), np.array([1, 1, 2, 5]) / 9)
    # twice 5 / 9 is more than one: the last token is certain, and the others share the rest
    np.testing.assert_allclose(inclusion_probabilities([0, 0, 1, 4], 2), [1 / 4, 1 / 4, 2 / 4, 1])
    assert (
        inclusion_probabilities([0, 0, 1, 4], 4).tolist()
        == inclusion_probabilities([0, 0, 1, 4], 9).tolist()
        == [1, 1, 1, 1]
    )


def test_each_token_is_drawn_with_its_probability_and_at_most_once() -> None:
    layer, _ = _softmax(3)
    draw = tf.function(layer.draw)
    drawn = np.array([draw() for _ in range(2000)])
    assert (np.diff(drawn, axis=1) > 0).all()
    np.testing.assert_allclose(
        np.bincount(drawn.ravel(), minlength=V) / 2000, layer.inclusion_probabilities, atol=0.04
    )


@pytest.mark.parametrize("tied", [False, True])
def test_with_all_tokens_drawn_the_loss_equals_the_full_softmax(tied: bool) -> None:
    embedding = keras.layers.Embedding(V, E) if tied else None
    if embedding:
        embedding.build(None)
    layer, readouts = _softmax(V, embedding)
    expected = tf.nn.sparse_softmax_cross_entropy_with_logits(TRUTH, layer(readouts))
    np.testing.assert_allclose(layer.loss(TRUTH, readouts), expected, rtol=1e-5)


def test_the_loss_by_hand(monkeypatch) -> None:
    layer, readouts = _softmax(2)
    monkeypatch.setattr(layer, "draw", lambda: tf.constant([0, 3]))
    logits = layer(readouts).numpy()
    probability = layer.inclusion_probabilities  # 2 * 11 / 22 and 2 * 1 / 22
    assert probability[[0, 3]].tolist() == pytest.approx([1, 1 / 11])
    # the true token of the first row was drawn too, and counts once
    sums = [
        np.exp(logits[0, 0]) + np.exp(logits[0, 3]) * 11,
        np.exp(logits[1, 4]) + np.exp(logits[1, 0]) + np.exp(logits[1, 3]) * 11,
        np.exp(logits[2, 4]) + np.exp(logits[2, 0]) + np.exp(logits[2, 3]) * 11,
    ]
    expected = np.log(sums) - logits[[0, 1, 2], TRUTH]
    np.testing.assert_allclose(layer.loss(TRUTH, readouts), expected, rtol=1e-5)


def test_the_sampled_sum_is_unbiased() -> None:
    layer, readouts = _softmax(3)
    of_truth = layer(readouts).numpy()[[0, 1, 2], TRUTH]
    loss = tf.function(lambda: layer.loss(TRUTH, readouts))
    sums = np.mean([np.exp(loss() + of_truth) for _ in range(3000)], axis=0)
    np.testing.assert_allclose(sums, np.exp(layer(readouts)).sum(-1), rtol=0.05)


def test_the_gradient_reaches_only_drawn_and_true_rows(monkeypatch) -> None:
    layer, readouts = _softmax(2)
    monkeypatch.setattr(layer, "draw", lambda: tf.constant([0, 3]))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer.loss(TRUTH, readouts))
    for gradient in tape.gradient(loss, [layer.kernel.value, layer.bias.value]):
        reached = np.abs(tf.convert_to_tensor(gradient).numpy().reshape(V, -1)).max(-1) > 0
        assert reached.tolist() == [True, False, False, True, True, False]
