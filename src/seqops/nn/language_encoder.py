"""A recurrent encoder of tokens whose state can be carried over between batches."""

from __future__ import annotations

from typing import Any, Literal

import keras
import tensorflow as tf

from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import GRU, LSTM

Tensor = Any
States = tuple[tuple[Tensor, ...], ...]
"""The state of each layer, the lowest first: (hidden, cell) of an LSTM, (hidden,) of a GRU."""


class LanguageEncoder(keras.layers.Layer):
    """Embeds tokens and reads them forwards; dropout after the embedding and after every layer.

    Its layers are named `embedding`, `recurrent_0`, `recurrent_1` and so on, and so are their variables:
    weights can be copied to another network, and layers trained one by one.
    """

    def __init__(
        self,
        kind: Literal["lstm", "gru"],
        vocabulary: int,
        width: int,
        units: int,
        layers: int,
        dropout: float,
        tie_embeddings: bool,
        precision: str,
        recurrent_dropout: float,
        joint: LayerJoint,
        **kwargs: Any,
    ) -> None:
        """Create the layers; width: of the embedding; precision: of the LSTM's matrix products in training.

        recurrent_dropout: share of the state that is dropped in training; joint: of each layer to its input.

        tie_embeddings: the output is as wide as the embedding, so that `Softmax` can share the embedding
        matrix (Merity et al. 2018, section 4.4).
        """
        super().__init__(**kwargs)
        self.kind, self.vocabulary = kind, vocabulary
        self.layer_units = (units,) * (layers - 1) + (width if tie_embeddings else units,)
        self.embedding = embedding(vocabulary, width, name="embedding")
        self.recurrent = [
            recurrent_layer(kind, size, precision, recurrent_dropout, name=f"recurrent_{n}")
            for n, size in enumerate(self.layer_units)
        ]
        names = ["drop_embedding", *(f"drop_{n}" for n in range(layers))]
        self.drops = [keras.layers.Dropout(dropout, name=name) for name in names]
        self.joints = [joint.layer(f"joint_{n}") for n in range(layers)]

    def zeros(self, rows: Tensor | int) -> States:
        """Return the initial states for `rows` rows."""
        parts = 2 if self.kind == "lstm" else 1
        return tuple((tf.zeros([rows, width]),) * parts for width in self.layer_units)

    def call(self, tokens: Tensor, state: States, training: bool = False) -> tuple[Tensor, States]:
        """Read tokens (B, T) from a state whose tensors are (B, U).

        Returns the output (B, T, D), and the states after every token, tensors (B, T, U): `last` selects
        those after the last step, `rnn.gather_last` those after the last real token of each row.
        """
        x = self.drops[0](self.embedding(tokens), training=training)
        states = []
        layers = zip(self.recurrent, self.drops[1:], self.joints, state, strict=True)
        for layer, drop, join, before in layers:
            states.append(layer(x, before, training=training))
            x = join(x, drop(states[-1][0], training=training))
        return x, tuple(states)

    def step(self, tokens: Tensor, state: States) -> tuple[Tensor, States]:
        """Read one token of each row (B,); returns the output (B, D) and the state."""
        x, states = self.embedding(tokens), []
        for layer, join, before in zip(self.recurrent, self.joints, state, strict=True):
            states.append(layer.step(x, before))
            x = join(x, states[-1][0])
        return x, tuple(states)


def last(states: States) -> States:
    """Select the states after the last token, (B, U) each, from those after every token, (B, T, U)."""
    return tuple(tuple(part[:, -1] for part in layer) for layer in states)


def embedding(size: int, width: int, name: str) -> keras.layers.Embedding:
    """Return an embedding with vectors of norm about 1; those of Keras are too small to learn early."""
    initializer = keras.initializers.RandomNormal(stddev=width**-0.5)
    return keras.layers.Embedding(size, width, embeddings_initializer=initializer, name=name)


def recurrent_layer(kind: str, units: int, precision: str, recurrent_dropout: float, name: str) -> LSTM | GRU:
    """Create a recurrent layer of a kind; precision: of an LSTM's matrix products in training."""
    if kind == "lstm":
        return LSTM(units, precision, recurrent_dropout, name=name)
    return GRU(units, recurrent_dropout, name=name)
