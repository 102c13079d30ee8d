"""The CRF against brute force, and the bidirectional recurrent layer against single rows."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.crf import CRF, log_likelihood, viterbi
from seqops.nn.rnn import BidirectionalRNN

FREE = [[1, 1, 1]] * 4
IOB = [[1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 0]]  # O, B, I; the last row: which tags may start


def random_crf(allowed):
    """A CRF with random scores, and emissions for two rows of 3 and 2 steps."""
    layer = CRF(allowed, name="crf")
    layer.build((None, None, 3))
    generator = np.random.default_rng(3)
    layer.scores.assign(generator.normal(size=(4, 3)))
    return layer, generator.normal(size=(2, 3, 3)).astype(np.float32)


def score(path, emissions, scores):
    """Return the score of one path."""
    total, previous = 0.0, 3
    for step, tag in enumerate(path):
        total += scores[previous, tag] + emissions[step, tag]
        previous = tag
    return total


def paths(length, allowed):
    """Return every path that the flags allow."""
    for path in itertools.product(range(3), repeat=length):
        if all(allowed[p][t] for p, t in zip((3, *path), path, strict=False)):
            yield path


@pytest.mark.parametrize("allowed", [FREE, IOB], ids=["free", "IOB2"])
@pytest.mark.parametrize(("row", "length"), [(0, 3), (1, 2)])
def test_likelihoods_equal_those_of_brute_force_and_sum_to_one(allowed, row, length):
    layer, emissions = random_crf(allowed)
    scores = layer.scores.numpy()
    every = list(paths(length, allowed))
    total = np.logaddexp.reduce([score(p, emissions[row], scores) for p in every])
    tags = np.array([[*p, *[-1] * (3 - length)] for p in every])
    likelihoods = -layer.loss(tags, np.repeat(emissions[row : row + 1], len(every), 0)).numpy()
    expected = [score(p, emissions[row], scores) - total for p in every]
    np.testing.assert_allclose(likelihoods, expected, rtol=1e-5, atol=1e-5)
    assert np.exp(likelihoods).sum() == pytest.approx(1.0, abs=1e-5)


def test_the_log_likelihood_of_arrays_is_that_of_the_loss():
    layer, emissions = random_crf(IOB)
    tags, lengths = np.array([[0, 1, 2], [1, 2, 0]]), np.array([3, 2])
    found = log_likelihood(emissions, lengths, layer.transitions(), tags)
    padded = np.where(np.arange(3) < lengths[:, None], tags, -1)
    np.testing.assert_allclose(found, -layer.loss(padded, emissions).numpy(), rtol=1e-5)


@pytest.mark.parametrize("allowed", [FREE, IOB], ids=["free", "IOB2"])
def test_viterbi_finds_the_path_of_brute_force(allowed):
    layer, emissions = random_crf(allowed)
    scores = layer.scores.numpy()
    for row, (path, length) in enumerate(
        zip(viterbi(emissions, np.array([3, 2]), layer.transitions()), (3, 2), strict=True)
    ):
        best = max(paths(length, allowed), key=lambda p, row=row: score(p, emissions[row], scores))
        assert tuple(path) == best


def test_a_forbidden_transition_is_never_decoded_whatever_its_emission():
    layer, _ = random_crf(IOB)
    emissions = np.zeros((1, 2, 3), np.float32)
    emissions[0, :, 2] = 50.0  # I at both steps, although the first tag cannot be I
    ((first, second),) = viterbi(emissions, np.array([2]), layer.transitions())
    assert (first, second) == (1, 2)


def test_padding_affects_neither_loss_nor_gradient():
    layer, emissions = random_crf(IOB)
    tags = np.array([[0, 1, -1]])

    def run(steps, noise):
        x = tf.constant(emissions[:1, :steps] + noise * (np.arange(3) > 1)[None, :steps, None])
        with tf.GradientTape() as tape:
            loss = layer.loss(tags[:, :steps], tf.cast(x, tf.float32))
        return loss.numpy(), tape.gradient(loss, layer.scores).numpy()

    for plain, padded in zip(run(2, 0.0), run(3, 9.0), strict=True):
        np.testing.assert_allclose(plain, padded, rtol=1e-5, atol=1e-6)


def test_a_crf_can_be_restored_from_its_config():
    layer, _ = random_crf(IOB)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(again, CRF)
    assert again.allowed == IOB


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_bidirectional_outputs_are_not_affected_by_padding(kind):
    keras.utils.set_random_seed(0)
    layer = BidirectionalRNN(kind, 3, name="encoder")
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    both = layer(x, np.array([5, 3])).numpy()
    assert both.shape == (2, 5, 6)
    alone = layer(x[1:, :3], np.array([3])).numpy()
    np.testing.assert_allclose(both[1, :3], alone[0], atol=1e-6)
    reversed_ = layer.backwards(x[:1, ::-1]).numpy()[:, ::-1]
    np.testing.assert_allclose(both[:1, :, 3:], reversed_, atol=1e-6)
