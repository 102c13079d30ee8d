"""Batched greedy and beam search over any step function, as TensorFlow graph operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any
Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""(tokens (R,), state) -> (log-probabilities (R, V), state); every tensor of a state has R rows."""


class Hypotheses(NamedTuple):
    """Hypotheses, best first: tokens (B, W, L) with `pad` after the end; length-normalised scores (B, W)."""

    tokens: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Symbols:
    """The ids of the special tokens."""

    pad: int
    start: int
    end: int


class _Beams(NamedTuple):
    """The current hypotheses: tokens (B, W, L); log-probabilities, ended, lengths, last tokens (B, W)."""

    tokens: Tensor
    logp: Tensor
    ended: Tensor
    lengths: Tensor
    last: Tensor


def penalty(lengths: Tensor, alpha: float) -> Tensor:
    """Return the length penalty (Wu et al. 2016, equation 14), the divisor of a log-probability.

    It is 1 if alpha is 0.
    """
    return ((5.0 + tf.cast(lengths, tf.float32)) / 6.0) ** alpha


def greedy(step: Step, state: Any, symbols: Symbols, max_length: Tensor) -> Tensor:
    """Decode the most probable token at each step, up to `max_length` (B,): (B, L), then `pad`."""
    rows, last_step = tf.shape(tf.nest.flatten(state)[0])[0], tf.reduce_max(max_length)

    def extend(t: Tensor, state: Any, last: Tensor, ended: Tensor, tokens: Tensor) -> tuple[Any, ...]:
        logp, state = step(last, state)
        token = tf.where(ended, symbols.pad, tf.argmax(logp, -1, output_type=tf.int32))
        ended |= (token == symbols.end) | (t + 1 >= max_length)
        return t + 1, state, token, ended, _write(tokens, t, token)

    *_, tokens = tf.while_loop(
        lambda t, state, last, ended, tokens: (t < last_step) & ~tf.reduce_all(ended),
        extend,
        (
            tf.constant(0),
            state,
            tf.fill([rows], symbols.start),
            tf.zeros([rows], tf.bool),
            tf.fill([rows, last_step], symbols.pad),
        ),
        parallel_iterations=1,
    )
    return tokens


def beam_search(
    step: Step, state: Any, symbols: Symbols, max_length: Tensor, width: int, alpha: float
) -> Hypotheses:
    """Keep the `width` best hypotheses of each row, including finished ones, by normalised score.

    state: of B rows; it is repeated `width` times here. A finished hypothesis keeps its score and stays
    until a better one replaces it. The hypotheses of a row stop at its `max_length` tokens (B,), so that
    the result of a row does not depend on the other rows of the batch.
    """
    rows, last_step = tf.shape(tf.nest.flatten(state)[0])[0], tf.reduce_max(max_length)
    first_of_row = width * tf.range(rows)[:, None]

    def extend(t: Tensor, state: Any, beams: _Beams) -> tuple[Tensor, Any, _Beams]:
        logp, state = step(tf.reshape(beams.last, [-1]), state)
        logp = tf.reshape(logp, [rows, width, -1])
        parents, beams = _best(t, beams, logp, symbols, alpha)
        beams = beams._replace(ended=beams.ended | (t + 1 >= max_length)[:, None])
        flat = tf.reshape(first_of_row + parents, [-1])
        return t + 1, tf.nest.map_structure(lambda s: tf.gather(s, flat), state), beams

    _, _, beams = tf.while_loop(
        lambda t, state, beams: (t < last_step) & ~tf.reduce_all(beams.ended),
        extend,
        (
            tf.constant(0),
            tf.nest.map_structure(lambda s: tf.repeat(s, width, 0), state),
            _first(rows, width, last_step, symbols),
        ),
        parallel_iterations=1,
    )
    return Hypotheses(beams.tokens, beams.logp / penalty(beams.lengths, alpha))


def _first(rows: Tensor, width: int, max_length: Tensor, symbols: Symbols) -> _Beams:
    # all hypotheses of a row start equal, so only one may be extended, or they would stay equal
    only_one = [0.0] + [-1e9] * (width - 1)
    return _Beams(
        tokens=tf.fill([rows, width, max_length], symbols.pad),
        logp=tf.tile(tf.constant([only_one]), [rows, 1]),
        ended=tf.zeros([rows, width], tf.bool),
        lengths=tf.zeros([rows, width], tf.int32),
        last=tf.fill([rows, width], symbols.start),
    )


def _best(t: Tensor, beams: _Beams, logp: Tensor, symbols: Symbols, alpha: float) -> tuple[Tensor, _Beams]:
    """Select the W best of all extensions, logp (B, W, V); returns their parents (B, W) and the beams."""
    vocabulary, width = tf.shape(logp)[2], beams.logp.shape[1]
    stay = tf.where(tf.range(vocabulary) == symbols.pad, 0.0, tf.float32.min)  # (V,)
    totals = beams.logp[:, :, None] + tf.where(beams.ended[:, :, None], stay, logp)
    lengths = tf.where(beams.ended, beams.lengths, t + 1)
    ranks = totals / penalty(lengths, alpha)[:, :, None]
    _, chosen = tf.math.top_k(tf.reshape(ranks, [-1, width * vocabulary]), width)
    parents, token = chosen // vocabulary, chosen % vocabulary

    def inherit(of_parents: Tensor) -> Tensor:
        return tf.gather(of_parents, parents, batch_dims=1)

    flat = tf.reshape(totals, [-1, width * vocabulary])
    return parents, _Beams(
        tokens=_write(inherit(beams.tokens), t, token),
        logp=tf.gather(flat, chosen, batch_dims=1),
        ended=inherit(beams.ended) | (token == symbols.end),
        lengths=inherit(lengths),
        last=token,
    )


def _write(tokens: Tensor, t: Tensor, token: Tensor) -> Tensor:
    """Set column `t` of tokens (..., L) to token (...)."""
    return tf.where(tf.range(tf.shape(tokens)[-1]) == t, token[..., None], tokens)
