"""The recurrent translator: an encoder that reads from both ends, a decoder that may look back at it."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from seqops.nn.attention import BahdanauAttention, LuongAttention
from seqops.nn.rnn import GRU, LSTM, gather_last
from seqops.tasks.translation.model.translator import Translator, TranslatorConfig, lengths_of

Tensor = Any
State = tuple[tuple[Tensor, ...], ...]
"""Of each layer, (R, 2U) each."""
ATTENTIONS: dict[str, type[LuongAttention] | type[BahdanauAttention]] = {
    "luong": LuongAttention,
    "bahdanau": BahdanauAttention,
}


class RecurrentMemory(NamedTuple):
    """The encoded sources: states (B, S, 2U), keys of attention, lengths (B,), the decoder's first state."""

    states: Tensor
    keys: Tensor
    lengths: Tensor
    first: State


def recurrent(sizes: TranslatorConfig, units: int, name: str) -> LSTM | GRU:
    """Make the recurrent layer of the chosen kind."""
    return LSTM(units, sizes.precision, name=name) if sizes.kind == "lstm" else GRU(units, name=name)


class RecurrentTranslator(Translator):
    """Sequence to sequence by recurrent layers (Sutskever et al. 2014).

    Each layer of the decoder goes on from the end of the encoder's; the decoder attends after its last layer
    (Luong et al. 2015, section 3), or not at all.
    """

    def __init__(self, sizes: TranslatorConfig, **kwargs: Any) -> None:
        super().__init__(sizes, **kwargs)
        width, places = 2 * sizes.units, range(sizes.layers)
        self.forwards = [recurrent(sizes, sizes.units, f"encoder_forwards_{i}") for i in places]
        self.backwards = [recurrent(sizes, sizes.units, f"encoder_backwards_{i}") for i in places]
        self.decoders = [recurrent(sizes, width, f"decoder_{i}") for i in places]
        attention = ATTENTIONS.get(sizes.attention)
        self.attention = attention(width, name="attention") if attention else None
        self.readout = keras.layers.Dense(sizes.embedding, activation="tanh", name="readout")
        self.drop_memory, self.drop_states = (
            [keras.layers.Dropout(sizes.dropout, name=f"drop_{name}_{i}") for i in places]
            for name in ("memory", "states")
        )
        self.drop_readout = keras.layers.Dropout(sizes.dropout, name="drop_readout")

    def encode(self, source: Tensor, training: bool = False) -> RecurrentMemory:
        """Encode sources (B, S)."""
        lengths = lengths_of(source)
        states, first = self.drop_source(self.source_embedding(source), training=training), []
        for forwards, backwards, drop in zip(self.forwards, self.backwards, self.drop_memory, strict=True):
            turned = tf.reverse_sequence(states, lengths, 1)
            ahead = forwards(states, forwards.zeros(states), training=training)
            back = backwards(turned, backwards.zeros(states), training=training)
            ends = (
                (gather_last(a, lengths), gather_last(b, lengths)) for a, b in zip(ahead, back, strict=True)
            )
            first.append(tuple(tf.concat(both, -1) for both in ends))
            states = tf.concat([ahead[0], tf.reverse_sequence(back[0], lengths, 1)], -1)
            states = drop(states, training=training)
        keys = self.attention.keys(states) if self.attention else states
        return RecurrentMemory(states, keys, lengths, tuple(first))

    def read(self, target: Tensor, encoded: RecurrentMemory, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read whole targets (B, T); returns readouts (B, T, E) and weights (B, T, S).

        Without attention S is 0.
        """
        readouts, _, weights = self._decode(target, encoded, encoded.first, training)
        return readouts, weights

    def first(self, encoded: RecurrentMemory, room: Tensor) -> State:
        """Go on from the encoder's last state."""
        return encoded.first

    def step(self, last: Tensor, state: State, encoded: RecurrentMemory) -> tuple[Tensor, State]:
        """Read one more token of each row (R,); returns readouts (R, E) and the state after it."""
        readouts, state, _ = self._decode(last[:, None], encoded, state)
        return readouts[:, 0], state

    def _decode(
        self, target: Tensor, memory: RecurrentMemory, state: State, training: bool = False
    ) -> tuple[Tensor, State, Tensor]:
        states, after = self.drop_target(self.target_embedding(target), training=training), []
        for decoder, before, drop in zip(self.decoders, state, self.drop_states, strict=True):
            steps = decoder(states, before, training=training)
            after.append(tuple(s[:, -1] for s in steps))
            states = drop(steps[0], training=training)
        weights = tf.zeros([tf.shape(target)[0], tf.shape(target)[1], 0])
        if self.attention:
            context, weights = self.attention(states, memory.keys, memory.states, memory.lengths)
            states = tf.concat([states, context], -1)
        return self.drop_readout(self.readout(states), training=training), tuple(after), weights
