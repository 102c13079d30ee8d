"""Sampling of the next token, worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.token_sampling import SamplingConfig, sample_token

PROBABILITIES = [0.1, 0.4, 0.2, 0.3]  # ranked: 1, 3, 2, 0, with cumulative sums 0.4, 0.7, 0.9, 1.0


def sampled(uniform: float, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> int:
    config = SamplingConfig(tf.constant([temperature]), tf.constant([top_k]), tf.constant([top_p]))
    return int(sample_token(tf.math.log([PROBABILITIES]), tf.constant([uniform]), config)[0])


@pytest.mark.parametrize(
    ("uniform", "token"), [(0.0, 1), (0.39, 1), (0.41, 3), (0.69, 3), (0.71, 2), (0.95, 0)]
)
def test_the_uniform_number_selects_by_cumulative_probability(uniform: float, token: int) -> None:
    assert sampled(uniform) == token


@pytest.mark.parametrize("uniform", [0.0, 0.5, 0.999])
def test_temperature_zero_takes_the_most_probable(uniform: float) -> None:
    assert sampled(uniform, temperature=0.0) == 1


def test_low_temperature_sharpens_and_high_flattens() -> None:
    # at 1/2, probabilities are proportional to their squares: 16, 9, 4, 1 of 30
    assert [sampled(u, temperature=0.5) for u in (0.53, 0.54, 0.83, 0.84, 0.97)] == [1, 3, 3, 2, 0]
    # at a very high temperature they are all equal
    assert [sampled(u, temperature=1e6) for u in (0.24, 0.26, 0.51, 0.76)] == [1, 3, 2, 0]


def test_top_k_renormalizes_over_the_k_most_probable() -> None:
    # the two most probable have 4/7 and 3/7
    assert [sampled(u, top_k=2) for u in (0.57, 0.58, 0.999)] == [1, 3, 3]
    assert sampled(0.95, top_k=9) == 0


def test_the_nucleus_is_the_smallest_set_that_reaches_the_probability() -> None:
    assert [sampled(0.999, top_p=p) for p in (0.1, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91)] == [
        1,
        1,
        3,
        3,
        2,
        2,
        0,
    ]


def test_the_stricter_of_both_limits_applies() -> None:
    assert sampled(0.999, top_k=3, top_p=0.5) == 3
    assert sampled(0.999, top_k=1, top_p=0.9) == 1


def test_equal_logits_are_ranked_by_id() -> None:
    config = SamplingConfig(tf.constant([0.0]), tf.constant([0]), tf.constant([1.0]))
    assert int(sample_token(tf.zeros([1, 5]), tf.constant([0.9]), config)[0]) == 0


def test_each_row_has_its_own_settings() -> None:
    logits = tf.math.log([PROBABILITIES] * 3)
    config = SamplingConfig(
        tf.constant([0.0, 1.0, 1.0]), tf.constant([0, 2, 0]), tf.constant([1.0, 1.0, 0.1])
    )
    assert sample_token(logits, tf.constant([0.9, 0.9, 0.9]), config).numpy().tolist() == [1, 3, 1]


def test_tokens_are_sampled_with_their_probabilities() -> None:
    n = 20_000
    config = SamplingConfig(tf.ones([n]), tf.zeros([n], tf.int32), tf.ones([n]))
    uniform = tf.constant(np.random.default_rng(0).random(n), tf.float32)
    found = np.bincount(sample_token(tf.math.log([PROBABILITIES] * n), uniform, config), minlength=4) / n
    np.testing.assert_allclose(found, PROBABILITIES, atol=0.015)
