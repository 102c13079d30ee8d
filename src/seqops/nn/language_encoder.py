"""A recurrent encoder of tokens whose state can be carried over between batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import tensorflow as tf

from seqops.nn.rnn import GRU, LSTM

Tensor = Any
States = tuple[tuple[Tensor, ...], ...]
"""The state of each layer, the lowest first: (hidden, cell) of an LSTM, (hidden,) of a GRU."""


@dataclass(frozen=True)
class LanguageEncoderConfig:
    """The architecture of a language encoder.

    tie_embeddings: the output is as wide as the embedding, so that `Softmax` can share the embedding
    matrix; precision: of the LSTM's large matrix products in training.
    """

    kind: Literal["lstm", "gru"]
    vocabulary: int
    embedding: int
    units: int
    layers: int
    dropout: float
    tie_embeddings: bool
    precision: str

    @property
    def layer_units(self) -> list[int]:
        """Units of each recurrent layer, the lowest first (tied: Merity et al. 2018, section 4.4)."""
        return [self.units] * (self.layers - 1) + [self.embedding if self.tie_embeddings else self.units]


class LanguageEncoder(keras.layers.Layer):
    """Embeds tokens and reads them forwards; dropout after the embedding and after every layer.

    Its layers are named `embedding`, `recurrent_0`, `recurrent_1` and so on, and so are their variables:
    weights can be copied to another network, and layers trained one by one.
    """

    def __init__(self, sizes: LanguageEncoderConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = sizes
        self.embedding = embedding(sizes.vocabulary, sizes.embedding, name="embedding")
        self.recurrent = [_recurrent(sizes, width, n) for n, width in enumerate(sizes.layer_units)]
        names = ["drop_embedding", *(f"drop_{n}" for n in range(sizes.layers))]
        self.drops = [keras.layers.Dropout(sizes.dropout, name=name) for name in names]

    def zeros(self, rows: Tensor | int) -> States:
        """Return the initial states for `rows` rows."""
        parts = 2 if self.sizes.kind == "lstm" else 1
        return tuple((tf.zeros([rows, width]),) * parts for width in self.sizes.layer_units)

    def call(self, tokens: Tensor, state: States, training: bool = False) -> tuple[Tensor, States]:
        """Read tokens (B, T) from a state whose tensors are (B, U).

        Returns the output (B, T, D), and the states after every token, tensors (B, T, U): `last` selects
        those after the last step, `rnn.gather_last` those after the last real token of each row.
        """
        x = self.drops[0](self.embedding(tokens), training=training)
        states = []
        for layer, drop, before in zip(self.recurrent, self.drops[1:], state, strict=True):
            states.append(layer(x, before, training=training))
            x = drop(states[-1][0], training=training)
        return x, tuple(states)

    def step(self, tokens: Tensor, state: States) -> tuple[Tensor, States]:
        """Read one token of each row (B,); returns the output (B, D) and the state."""
        x, states = self.embedding(tokens), []
        for layer, before in zip(self.recurrent, state, strict=True):
            states.append(layer.step(x, before))
            x = states[-1][0]
        return x, tuple(states)


def last(states: States) -> States:
    """Select the states after the last token, (B, U) each, from those after every token, (B, T, U)."""
    return tuple(tuple(part[:, -1] for part in layer) for layer in states)


def embedding(size: int, width: int, name: str) -> keras.layers.Embedding:
    """Return an embedding with vectors of norm about 1; those of Keras are too small to learn early."""
    initializer = keras.initializers.RandomNormal(stddev=width**-0.5)
    return keras.layers.Embedding(size, width, embeddings_initializer=initializer, name=name)


def _recurrent(sizes: LanguageEncoderConfig, width: int, number: int) -> LSTM | GRU:
    name = f"recurrent_{number}"
    return LSTM(width, sizes.precision, name=name) if sizes.kind == "lstm" else GRU(width, name=name)
