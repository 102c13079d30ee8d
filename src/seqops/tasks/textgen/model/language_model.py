"""The Keras model: next-token logits, negative log-likelihood of texts, and generation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder
from seqops.nn.rnn import gather_last
from seqops.nn.softmax import TemperedSoftmax
from seqops.nn.token_sampling import SamplingConfig, sample_token
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.textgen.model.carried_state import CarriedState
from seqops.tasks.textgen.model.windowed_transformer import WindowedTransformer

Tensor = Any
ROWS = 8
"""Texts generated in parallel. The number is fixed so that a text is the same, to the last bit, alone and in
a batch."""


class LanguageModel(keras.Model):
    """Rows of tokens in, logits of the token after each real one out."""

    def __init__(
        self,
        encoder: LanguageEncoder | WindowedTransformer,
        head: TemperedSoftmax,
        n_special_tokens: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.head, self.n_special_tokens = encoder, head, n_special_tokens
        self.carried_state: CarriedState | None = None
        self.costs = tf.function(self._costs, input_signature=_COSTS_SIGNATURE, autograph=False)
        state = tf.nest.map_structure(_spec, encoder.zeros(ROWS))
        self.write = tf.function(self._write, input_signature=(*_WRITE_SIGNATURE, state), autograph=False)
        alone = tf.nest.map_structure(_spec, encoder.zeros(1))
        signature = (tf.TensorSpec([None], tf.int32), alone)
        self.follow = tf.function(self._follow, input_signature=signature, autograph=False)

    def call(self, inputs: Mapping[str, Tensor], training: bool = False) -> Tensor:
        """Return logits of the tokens after the N that are not padding, row after row: (N, V).

        tokens: (B, T); start: position of each row in the text (B,), which carries states over in training.
        """
        tokens = inputs["tokens"]
        hidden = self._read(tokens, inputs["start"], training)
        return self.head(tf.boolean_mask(hidden, tokens != PAD), training=training)

    def _read(self, tokens: Tensor, starts: Tensor, training: bool) -> Tensor:
        if isinstance(self.encoder, WindowedTransformer):
            return self.encoder(tokens, training=training)
        carried = self.carried_state if training else None
        before = carried.before(starts) if carried else self.encoder.zeros(tf.shape(tokens)[0])
        hidden, states = self.encoder(tokens, before, training=training)
        if carried:
            lengths = tf.reduce_sum(tf.cast(tokens != PAD, tf.int32), -1)
            ends = tf.nest.map_structure(lambda part: gather_last(part, lengths), states)
            carried.keep(ends, starts + tf.cast(lengths, tf.int64))
        return hidden

    def _costs(self, tokens: Tensor, lengths: Tensor, scored: Tensor) -> Tensor:
        """Return the nats of the last `scored` tokens of each row (B, T), row after row: (N,)."""
        hidden = self._read(tokens[:, :-1], tf.zeros_like(lengths, tf.int64), training=False)
        position = tf.range(1, tf.shape(tokens)[1])
        wanted = (position < lengths[:, None]) & (position >= (lengths - scored)[:, None])
        truth = tf.boolean_mask(tokens[:, 1:], wanted)
        logits = self.head(tf.boolean_mask(hidden, wanted))
        return tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)

    def _write(self, given: Tensor, uniform: Tensor, sampling: Tensor, token: Tensor, state: Any) -> Any:
        """Read S tokens of each row one by one; return the token sampled after each (R, S), and the state.

        given: (R, S), the tokens to read, -1 for the one sampled before; token: (R,), the one sampled before
        the first; uniform: (R, S), random numbers of [0, 1) for the sampling; sampling: (3, R), each row's
        temperature, top_k and top_p.
        """
        steps = tf.shape(given)[1]
        config = SamplingConfig(sampling[0], tf.cast(sampling[1], tf.int32), sampling[2])
        special = tf.range(self.head.size) < self.n_special_tokens

        def step(t: Tensor, token: Tensor, state: Any, written: Any) -> tuple[Any, ...]:
            token = tf.where(given[:, t] >= 0, given[:, t], token)
            hidden, now = self.encoder.step(token, state)
            logits = tf.where(special, tf.float32.min, self.head(hidden))
            token = tf.ensure_shape(sample_token(logits, uniform[:, t], config), [ROWS])
            state = tf.nest.map_structure(lambda new, old: tf.ensure_shape(new, old.shape), now, state)
            return t + 1, token, state, written.write(t, token)

        empty = tf.TensorArray(tf.int32, steps, element_shape=[ROWS])
        _, _, state, written = tf.while_loop(
            lambda t, *_: t < steps, step, (0, token, state, empty), parallel_iterations=1
        )
        return tf.transpose(written.stack()), state

    def _follow(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read tokens (S,) of one row; return the logits of the token after them (1, V), and the state."""

        def step(t: Tensor, _: Tensor, state: Any) -> tuple[Tensor, Tensor, Any]:
            hidden, now = self.encoder.step(tokens[t][None], state)
            state = tf.nest.map_structure(lambda new, old: tf.ensure_shape(new, old.shape), now, state)
            return t + 1, hidden, state

        nothing = tf.zeros([1, self.head.matrix().shape[-1]])
        _, hidden, state = tf.while_loop(
            lambda t, *_: t < tf.size(tokens), step, (0, nothing, state), parallel_iterations=1
        )
        return self.head(hidden), state


_COSTS_SIGNATURE = (
    tf.TensorSpec([None, None], tf.int32),
    tf.TensorSpec([None], tf.int32),
    tf.TensorSpec([None], tf.int32),
)
_WRITE_SIGNATURE = (
    tf.TensorSpec([ROWS, None], tf.int32),
    tf.TensorSpec([ROWS, None], tf.float32),
    tf.TensorSpec([3, ROWS], tf.float32),
    tf.TensorSpec([ROWS], tf.int32),
)


def _spec(tensor: Tensor) -> tf.TensorSpec:
    return tf.TensorSpec(tensor.shape, tensor.dtype)
