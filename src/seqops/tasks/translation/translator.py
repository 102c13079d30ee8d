"""The Keras model of the translator: encoder, decoder, attention, softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import keras
import tensorflow as tf

from seqops.blocks import decode
from seqops.blocks.attention import Bahdanau, Luong
from seqops.blocks.decode import Hypotheses, Step
from seqops.blocks.statewise import GRU, LSTM, at_end, product
from seqops.blocks.subwords import END, PAD, START

Tensor = Any
State = tuple[Any, ...]
SYMBOLS = decode.Symbols(PAD, START, END)
SOURCES = tf.TensorSpec([None, None], tf.int32)
DROPS = ("source", "memory", "target", "states", "readout")
ATTENTIONS: dict[str, type[Luong] | type[Bahdanau]] = {"luong": Luong, "bahdanau": Bahdanau}


@dataclass(frozen=True)
class Sizes:
    """What the translator is made of; `units` counts one direction of the encoder, `beam` hypotheses."""

    kind: Literal["lstm", "gru"]
    source: int
    target: int
    embedding: int
    units: int
    attention: Literal["none", "luong", "bahdanau"]
    tied: bool
    dropout: float
    precision: str
    beam: int
    length_penalty: float


@dataclass(frozen=True)
class Memory:
    """The encoded sources: states (B, S, 2U), the keys of attention, lengths (B,)."""

    states: Tensor
    keys: Tensor
    lengths: Tensor

    def repeat(self, times: int) -> Memory:
        """Repeat each row, as a beam needs it."""
        return Memory(*(tf.repeat(t, times, 0) for t in (self.states, self.keys, self.lengths)))


def longest(source: Tensor) -> Tensor:
    """Allow each translation twice the length of its source: (B,)."""
    return 2 * tf.reduce_sum(tf.cast(source != PAD, tf.int32), -1) + 10


def recurrent(sizes: Sizes, units: int, name: str) -> LSTM | GRU:
    """Make the recurrent layer of the chosen kind."""
    return LSTM(units, sizes.precision, name=name) if sizes.kind == "lstm" else GRU(units, name=name)


def embedding(size: int, width: int, name: str) -> keras.layers.Embedding:
    """Make an embedding of vectors about 1 long: Keras' own start so small that attention learns late."""
    start = keras.initializers.RandomNormal(stddev=width**-0.5)
    return keras.layers.Embedding(size, width, embeddings_initializer=start, name=name)


class Translator(keras.Model):
    """Sources and shifted targets in, logits of the real target tokens out."""

    def __init__(self, sizes: Sizes, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = sizes
        layers, width = keras.layers, 2 * sizes.units
        self.source_embedding = embedding(sizes.source, sizes.embedding, name="source_embedding")
        self.target_embedding = embedding(sizes.target, sizes.embedding, name="target_embedding")
        self.forwards = recurrent(sizes, sizes.units, name="encoder_forwards")
        self.backwards = recurrent(sizes, sizes.units, name="encoder_backwards")
        self.decoder = recurrent(sizes, width, name="decoder")
        attention = ATTENTIONS.get(sizes.attention)
        self.attention = attention(width, name="attention") if attention else None
        self.readout = layers.Dense(sizes.embedding, activation="tanh", name="readout")
        self.drops = [layers.Dropout(sizes.dropout, name=f"drop_{place}") for place in DROPS]
        tied = self.target_embedding if sizes.tied else None
        self.softmax = Softmax(sizes.target, tied, sizes.precision, name="softmax")

    def call(self, inputs: Mapping[str, Tensor], training: bool = False) -> Tensor:
        """Return logits of the N target tokens that are not padding, row after row: (N, V)."""
        memory, state = self.encode(inputs["source"], training)
        readouts, _, _ = self.decode(inputs["target"], memory, state, training)
        # the dear product is made for real tokens only, and in two dimensions, where it is fast
        return self.softmax(tf.boolean_mask(readouts, inputs["target"] != PAD), training=training)

    def encode(self, source: Tensor, training: bool = False) -> tuple[Memory, State]:
        """Encode sources (B, S); returns their memory and the decoder's first state, (B, 2U) each."""
        lengths = tf.reduce_sum(tf.cast(source != PAD, tf.int32), -1)
        embedded = self._drop("source", self.source_embedding(source), training)
        ahead = self.forwards(embedded, self.forwards.zeros(embedded), training=training)
        back = self.backwards(
            tf.reverse_sequence(embedded, lengths, 1), self.backwards.zeros(embedded), training=training
        )
        state = tuple(
            tf.concat([at_end(a, lengths), at_end(b, lengths)], -1) for a, b in zip(ahead, back, strict=True)
        )
        states = tf.concat([ahead[0], tf.reverse_sequence(back[0], lengths, 1)], -1)
        states = self._drop("memory", states, training)
        keys = self.attention.keys(states) if self.attention else states
        return Memory(states, keys, lengths), state

    def decode(
        self, target: Tensor, memory: Memory, state: State, training: bool = False
    ) -> tuple[Tensor, State, Tensor]:
        """Read target tokens (B, T); returns readouts (B, T, E), the last state and weights (B, T, S)."""
        embedded = self._drop("target", self.target_embedding(target), training)
        steps = self.decoder(embedded, state, training=training)
        states = self._drop("states", steps[0], training)
        weights = tf.zeros([tf.shape(target)[0], tf.shape(target)[1], 0])
        if self.attention:
            context, weights = self.attention(states, memory.keys, memory.states, memory.lengths)
            states = tf.concat([states, context], -1)
        readouts = self._drop("readout", self.readout(states), training)
        return readouts, tuple(s[:, -1] for s in steps), weights

    @tf.function(input_signature=[SOURCES])  # type: ignore[untyped-decorator]
    def greedy(self, source: Tensor) -> Tensor:
        """Translate sources (B, S) by the likeliest tokens: (B, L)."""
        memory, state = self.encode(source)
        return decode.greedy(self._step(memory), state, SYMBOLS, longest(source))

    @tf.function(input_signature=[SOURCES])  # type: ignore[untyped-decorator]
    def beams(self, source: Tensor) -> Hypotheses:
        """Translate sources (B, S) by beam search, the best hypotheses first."""
        memory, state = self.encode(source)
        wide, sizes = memory.repeat(self.sizes.beam), self.sizes
        return decode.beam(
            self._step(wide), state, SYMBOLS, longest(source), sizes.beam, sizes.length_penalty
        )

    def _step(self, memory: Memory) -> Step:
        def step(last: Tensor, state: State) -> tuple[Tensor, State]:
            readouts, state, _ = self.decode(last[:, None], memory, state)
            return tf.nn.log_softmax(self.softmax(readouts[:, 0])), state

        return step

    def _drop(self, place: str, values: Tensor, training: bool) -> Tensor:
        return self.drops[DROPS.index(place)](values, training=training)


class Softmax(keras.layers.Layer):
    """Logits over the target vocabulary, by the embedding's own matrix where one is given."""

    def __init__(
        self, size: int, embedding: keras.layers.Embedding | None, precision: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.embedding, self.precision = size, embedding, precision

    def build(self, shape: Any) -> None:
        """Make the bias, and a matrix of its own where none is shared."""
        self.bias = self.add_weight(shape=(self.size,), initializer="zeros", name="bias")
        if self.embedding is None:
            self.kernel = self.add_weight(shape=(self.size, shape[-1]), name="kernel")

    def call(self, readouts: Tensor, training: bool = False) -> Tensor:
        """Return logits (N, V) of readouts (N, E)."""
        kernel = self.kernel if self.embedding is None else self.embedding.embeddings
        precision = self.precision if training else "float32"
        return product(readouts, kernel, precision, transpose_b=True) + self.bias


def smoothed_cross_entropy(smoothing: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the cross-entropy against 1 - smoothing on the truth and the rest spread (Szegedy 2016)."""

    def loss(truth: Tensor, logits: Tensor) -> Tensor:
        size = logits.shape[-1]
        rest = smoothing / size
        wanted = tf.one_hot(tf.cast(truth, tf.int32), size, 1.0 - smoothing + rest, rest)
        return tf.nn.softmax_cross_entropy_with_logits(wanted, logits)

    return loss
