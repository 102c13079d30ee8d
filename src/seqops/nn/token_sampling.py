"""Sampling of the next token: greedy, temperature, top-k and nucleus sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

Tensor = Any


@dataclass(frozen=True)
class SamplingConfig:
    """The sampling settings of each row, (B,) each.

    temperature: divisor of the logits, 0: greedy; top_k: the number of most probable tokens to sample from,
    0: all; top_p: the probability mass of the smallest set of most probable tokens to sample from (nucleus
    sampling, Holtzman et al. 2020, section 3.1), 1: all.
    """

    temperature: Tensor
    top_k: Tensor
    top_p: Tensor


def sample_token(logits: Tensor, uniform: Tensor, config: SamplingConfig) -> Tensor:
    """Sample a token for each row of logits (B, V) from its uniform number in [0, 1) (B,): int32 (B,).

    Tokens are ranked by probability, ties by id, and the number is mapped through their cumulative
    distribution: a row's token depends only on its own logits, number and settings.
    """
    ranked, ids = tf.math.top_k(logits, tf.shape(logits)[-1])
    temperature = tf.where(config.temperature > 0, config.temperature, 1.0)[:, None]
    probabilities = tf.nn.softmax(ranked / temperature)
    cumulative = tf.cumsum(probabilities, axis=-1)
    kept = tf.minimum(_top_k_size(config, tf.shape(logits)[-1]), _nucleus_size(cumulative, config.top_p))
    mass = tf.gather(cumulative, kept - 1, batch_dims=1)
    rank = tf.reduce_sum(tf.cast(cumulative <= (uniform * mass)[:, None], tf.int32), -1)
    return tf.gather(ids, tf.minimum(rank, kept - 1), batch_dims=1)


def _top_k_size(config: SamplingConfig, size: Tensor) -> Tensor:
    """Count the tokens that `temperature` and `top_k` leave: (B,)."""
    top_k = tf.where(config.top_k > 0, tf.minimum(config.top_k, size), size)
    return tf.where(config.temperature > 0, top_k, 1)


def _nucleus_size(cumulative: Tensor, top_p: Tensor) -> Tensor:
    """Count the tokens up to the one that reaches the cumulative probability `top_p`: (B,)."""
    below = tf.reduce_sum(tf.cast(cumulative < top_p[:, None], tf.int32), -1)
    return tf.minimum(below + 1, tf.shape(cumulative)[-1])
