"""The choice of the next token, worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.token_sampling import SamplingConfig, sample_token

CHANCES = [0.1, 0.4, 0.2, 0.3]  # ranked: 1, 3, 2, 0, which reach 0.4, 0.7, 0.9, 1.0


def chosen(uniform: float, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> int:
    choice = SamplingConfig(tf.constant([temperature]), tf.constant([top_k]), tf.constant([top_p]))
    return int(sample_token(tf.math.log([CHANCES]), tf.constant([uniform]), choice)[0])


@pytest.mark.parametrize(
    ("uniform", "token"), [(0.0, 1), (0.39, 1), (0.41, 3), (0.69, 3), (0.71, 2), (0.95, 0)]
)
def test_the_number_says_how_far_to_go_among_the_likeliest(uniform: float, token: int) -> None:
    assert chosen(uniform) == token


@pytest.mark.parametrize("uniform", [0.0, 0.5, 0.999])
def test_no_temperature_takes_the_likeliest(uniform: float) -> None:
    assert chosen(uniform, temperature=0.0) == 1


def test_low_temperature_sharpens_and_high_flattens() -> None:
    # at 1/2, chances go as their squares: 16, 9, 4, 1 of 30
    assert [chosen(u, temperature=0.5) for u in (0.53, 0.54, 0.83, 0.84, 0.97)] == [1, 3, 3, 2, 0]
    # very hot, all are alike
    assert [chosen(u, temperature=1e6) for u in (0.24, 0.26, 0.51, 0.76)] == [1, 3, 2, 0]


def test_top_k_shares_the_chance_among_the_likeliest_k() -> None:
    # of the two likeliest, 4/7 and 3/7
    assert [chosen(u, top_k=2) for u in (0.57, 0.58, 0.999)] == [1, 3, 3]
    assert chosen(0.95, top_k=9) == 0


def test_the_nucleus_is_the_fewest_tokens_that_reach_the_probability() -> None:
    assert [chosen(0.999, top_p=p) for p in (0.1, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91)] == [
        1,
        1,
        3,
        3,
        2,
        2,
        0,
    ]


def test_the_narrower_of_both_counts() -> None:
    assert chosen(0.999, top_k=3, top_p=0.5) == 3
    assert chosen(0.999, top_k=1, top_p=0.9) == 1


def test_equal_logits_are_ranked_by_id() -> None:
    choice = SamplingConfig(tf.constant([0.0]), tf.constant([0]), tf.constant([1.0]))
    assert int(sample_token(tf.zeros([1, 5]), tf.constant([0.9]), choice)[0]) == 0


def test_rows_choose_each_in_their_own_way() -> None:
    logits = tf.math.log([CHANCES] * 3)
    choice = SamplingConfig(
        tf.constant([0.0, 1.0, 1.0]), tf.constant([0, 2, 0]), tf.constant([1.0, 1.0, 0.1])
    )
    assert sample_token(logits, tf.constant([0.9, 0.9, 0.9]), choice).numpy().tolist() == [1, 3, 1]


def test_tokens_come_as_often_as_they_are_likely() -> None:
    n = 20_000
    choice = SamplingConfig(tf.ones([n]), tf.zeros([n], tf.int32), tf.ones([n]))
    uniform = tf.constant(np.random.default_rng(0).random(n), tf.float32)
    found = np.bincount(sample_token(tf.math.log([CHANCES] * n), uniform, choice), minlength=4) / n
    np.testing.assert_allclose(found, CHANCES, atol=0.015)
