"""Choosing the next token: greedy, by temperature, among the likeliest k, or from the nucleus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

Tensor = Any


@dataclass(frozen=True)
class SamplingConfig:
    """How each row chooses, (B,) each.

    temperature: what logits are divided by, 0 for the likeliest; top_k: tokens that come into question, 0
    for all; top_p: the probability of the smallest set of likeliest tokens that do (Holtzman et al. 2020,
    section 3.1), 1 for all.
    """

    temperature: Tensor
    top_k: Tensor
    top_p: Tensor


def sample_token(logits: Tensor, uniform: Tensor, config: SamplingConfig) -> Tensor:
    """Choose a token for each row of logits (B, V) by a number of [0, 1) of its own (B,): int32 (B,).

    The likeliest tokens stand first, equal ones by their id, and the number says how far to go among them:
    so a row's token hangs on nothing but its own logits, number and settings.
    """
    ranked, ids = tf.math.top_k(logits, tf.shape(logits)[-1])
    heat = tf.where(config.temperature > 0, config.temperature, 1.0)[:, None]
    chances = tf.nn.softmax(ranked / heat)
    reached = tf.cumsum(chances, axis=-1)
    kept = tf.minimum(_among_k(config, tf.shape(logits)[-1]), _in_nucleus(reached, config.top_p))
    mass = tf.gather(reached, kept - 1, batch_dims=1)
    beyond = tf.reduce_sum(tf.cast(reached <= (uniform * mass)[:, None], tf.int32), -1)
    return tf.gather(ids, tf.minimum(beyond, kept - 1), batch_dims=1)


def _among_k(config: SamplingConfig, size: Tensor) -> Tensor:
    """Count the tokens that `temperature` and `top_k` leave: (B,)."""
    most = tf.where(config.top_k > 0, tf.minimum(config.top_k, size), size)
    return tf.where(config.temperature > 0, most, 1)


def _in_nucleus(reached: Tensor, top_p: Tensor) -> Tensor:
    """Count the tokens up to the one that reaches the probability `top_p`: (B,)."""
    short = tf.reduce_sum(tf.cast(reached < top_p[:, None], tf.int32), -1)
    return tf.minimum(short + 1, tf.shape(reached)[-1])
