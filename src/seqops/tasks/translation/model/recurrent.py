"""Recurrent translator: a bidirectional encoder and a decoder with optional attention."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf

from seqops.core.interfaces import Meta
from seqops.nn.attention import BahdanauAttention, DotAttention, LuongAttention
from seqops.nn.language_encoder import States, recurrent_layer
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import gather_last
from seqops.tasks.translation.model.translator import Translator, lengths_of

if TYPE_CHECKING:
    from seqops.tasks.translation.model.network import Network

Tensor = Any
ATTENTIONS: dict[str, type[LuongAttention] | type[DotAttention] | type[BahdanauAttention]] = {
    "luong": LuongAttention,
    "luong_dot": DotAttention,
    "bahdanau": BahdanauAttention,
}


class RecurrentMemory(NamedTuple):
    """Encoded sources: states (B, S, 2U), attention keys, lengths (B,), the decoder's initial state."""

    states: Tensor
    keys: Tensor
    lengths: Tensor
    initial: States


class RecurrentTranslator(Translator):
    """Sequence to sequence by recurrent layers (Sutskever et al. 2014).

    Each decoder layer starts from the final state of the encoder layer; attention, if there is any, follows
    the last decoder layer (Luong et al. 2015, section 3).
    """

    def __init__(self, settings: Network, meta: Meta, **kwargs: Any) -> None:
        super().__init__(settings, meta, **kwargs)
        units, dropout, numbers = settings.units, settings.dropout, range(settings.layers)
        layer = partial(
            recurrent_layer,
            settings.kind,
            precision=settings.precision,
            recurrent_dropout=settings.recurrent_dropout,
        )
        self.forwards = [layer(units, name=f"encoder_forwards_{i}") for i in numbers]
        self.backwards = [layer(units, name=f"encoder_backwards_{i}") for i in numbers]
        self.decoders = [layer(2 * units, name=f"decoder_{i}") for i in numbers]
        attention = ATTENTIONS.get(settings.attention)
        self.attention = attention(2 * units, name="attention") if attention else None
        self.readout = keras.layers.Dense(settings.embedding, activation="tanh", name="readout")
        self.drop_memory, self.drop_states = (
            [keras.layers.Dropout(dropout, name=f"drop_{name}_{i}") for i in numbers]
            for name in ("memory", "states")
        )
        join = LayerJoint(settings.residual, settings.layer_norm)
        self.memory_joints = [join.layer(f"encoder_joint_{i}") for i in numbers]
        self.state_joints = [join.layer(f"decoder_joint_{i}") for i in numbers]
        self.drop_readout = keras.layers.Dropout(dropout, name="drop_readout")

    def encode(self, source: Tensor, training: bool = False) -> RecurrentMemory:
        """Encode sources (B, S)."""
        lengths = lengths_of(source)
        states, initial = self.drop_source(self.source_embedding(source), training=training), []
        layers = zip(self.forwards, self.backwards, self.drop_memory, self.memory_joints, strict=True)
        for forwards, backwards, drop, join in layers:
            backward_source = tf.reverse_sequence(states, lengths, 1)
            forward = forwards(states, forwards.zeros(states), training=training)
            backward = backwards(backward_source, backwards.zeros(states), training=training)
            ends = (
                (gather_last(a, lengths), gather_last(b, lengths))
                for a, b in zip(forward, backward, strict=True)
            )
            initial.append(tuple(tf.concat(both, -1) for both in ends))
            read = tf.concat([forward[0], tf.reverse_sequence(backward[0], lengths, 1)], -1)
            states = join(states, drop(read, training=training))
        keys = self.attention.keys(states) if self.attention else states
        return RecurrentMemory(states, keys, lengths, tuple(initial))

    def read(self, target: Tensor, encoded: RecurrentMemory, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return readouts (B, T, E) and attention weights (B, T, S) of whole targets (B, T).

        Without attention S is 0.
        """
        readouts, _, weights = self._decode(target, encoded, encoded.initial, training)
        return readouts, weights

    def initial_state(self, encoded: RecurrentMemory, max_tokens: Tensor) -> States:
        """Return the encoder's final state."""
        return encoded.initial

    def step(self, last: Tensor, state: States, encoded: RecurrentMemory) -> tuple[Tensor, States]:
        """Decode one more token of each row (R,); return readouts (R, E) and the state after it."""
        readouts, state, _ = self._decode(last[:, None], encoded, state)
        return readouts[:, 0], state

    def _decode(
        self, target: Tensor, memory: RecurrentMemory, state: States, training: bool = False
    ) -> tuple[Tensor, States, Tensor]:
        states, after = self.drop_target(self.target_embedding(target), training=training), []
        layers = zip(self.decoders, state, self.drop_states, self.state_joints, strict=True)
        for decoder, before, drop, join in layers:
            steps = decoder(states, before, training=training)
            after.append(tuple(s[:, -1] for s in steps))
            states = join(states, drop(steps[0], training=training))
        weights = tf.zeros([tf.shape(target)[0], tf.shape(target)[1], 0])
        if self.attention:
            context, weights = self.attention(states, memory.keys, memory.states, memory.lengths)
            states = tf.concat([states, context], -1)
        return self.drop_readout(self.readout(states), training=training), tuple(after), weights
