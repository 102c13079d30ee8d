"""Transformer translator: a bidirectional encoder and a causal decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from seqops.core.interfaces import Meta
from seqops.nn.transformer import Cache, Projected, Transformer, causal, padding, sinusoids
from seqops.tasks.translation.model.translator import Translator, lengths_of

if TYPE_CHECKING:
    from seqops.tasks.translation.model.network import Network

Tensor = Any


class TransformerMemory(NamedTuple):
    """Encoded sources, projected for each decoder layer, and the bias that masks their padding."""

    projected: tuple[Projected, ...]
    bias: Tensor


class TransformerTranslator(Translator):
    """Encoder and decoder of Vaswani et al. 2017, with pre-layer normalisation."""

    def __init__(self, settings: Network, meta: Meta, **kwargs: Any) -> None:
        super().__init__(settings, meta, **kwargs)
        stack = (settings.layers, settings.embedding, settings.heads, settings.units, settings.dropout)
        self.encoder = Transformer(*stack, name="encoder")
        self.decoder = Transformer(*stack, cross=True, name="decoder")

    def encode(self, source: Tensor, training: bool = False) -> TransformerMemory:
        """Encode sources (B, S)."""
        steps = tf.shape(source)[1]
        bias = padding(lengths_of(source), steps)
        embedded = self._with_positions(self.source_embedding(source), tf.range(steps))
        states, _ = self.encoder(self.drop_source(embedded, training=training), bias, training=training)
        return TransformerMemory(self.decoder.project(states), bias)

    def read(
        self, target: Tensor, encoded: TransformerMemory, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return readouts (B, T, E) of whole targets (B, T), and weights (B, T, S), the mean of the heads."""
        steps = tf.shape(target)[1]
        embedded = self._with_positions(self.target_embedding(target), tf.range(steps))
        readouts, weights = self.decoder(
            self.drop_target(embedded, training=training), causal(steps), *encoded, training=training
        )
        return readouts, tf.reduce_mean(weights, 1)

    def initial_state(self, encoded: TransformerMemory, max_tokens: Tensor) -> Cache:
        """Return an empty cache for `max_tokens` tokens."""
        return self.decoder.empty(tf.shape(encoded.bias)[0], max_tokens)

    def step(self, last: Tensor, state: Cache, encoded: TransformerMemory) -> tuple[Tensor, Cache]:
        """Decode one more token of each row (R,); return readouts (R, E) and the updated cache."""
        embedded = self._with_positions(self.target_embedding(last), state.read)
        return self.decoder.step(embedded, state, None, *encoded)

    def _with_positions(self, embedded: Tensor, positions: Tensor) -> Tensor:
        # embeddings of norm about 1 are scaled to the norm of the position encodings (section 3.4)
        width = self.settings.embedding
        return embedded * width**0.5 + sinusoids(positions, width)
