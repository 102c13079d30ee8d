"""The transformer as a translator: an encoder that sees all, a decoder that sees no later token."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from seqops.nn.transformer import Cache, Projected, Transformer, causal, padding, sinusoids
from seqops.tasks.translation.model.translator import Translator, TranslatorConfig, lengths_of

Tensor = Any


class TransformerMemory(NamedTuple):
    """The encoded sources, projected for each layer of the decoder, and the bias that hides their padding."""

    projected: tuple[Projected, ...]
    bias: Tensor


class TransformerTranslator(Translator):
    """The encoder and the decoder of Vaswani et al. 2017, normalised at the start of each branch."""

    def __init__(self, sizes: TranslatorConfig, **kwargs: Any) -> None:
        super().__init__(sizes, **kwargs)
        stack = (sizes.layers, sizes.embedding, sizes.heads, sizes.units, sizes.dropout)
        self.encoder = Transformer(*stack, name="encoder")
        self.decoder = Transformer(*stack, cross=True, name="decoder")

    def encode(self, source: Tensor, training: bool = False) -> TransformerMemory:
        """Encode sources (B, S)."""
        steps = tf.shape(source)[1]
        bias = padding(lengths_of(source), steps)
        placed = self._placed(self.source_embedding(source), tf.range(steps))
        states, _ = self.encoder(self.drop_source(placed, training=training), bias, training=training)
        return TransformerMemory(self.decoder.project(states), bias)

    def read(
        self, target: Tensor, encoded: TransformerMemory, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Read whole targets (B, T); returns readouts (B, T, E) and weights, a mean of heads, (B, T, S)."""
        steps = tf.shape(target)[1]
        placed = self._placed(self.target_embedding(target), tf.range(steps))
        readouts, weights = self.decoder(
            self.drop_target(placed, training=training), causal(steps), *encoded, training=training
        )
        return readouts, tf.reduce_mean(weights, 1)

    def first(self, encoded: TransformerMemory, room: Tensor) -> Cache:
        """Return a cache with room for a whole translation."""
        return self.decoder.empty(tf.shape(encoded.bias)[0], room)

    def step(self, last: Tensor, state: Cache, encoded: TransformerMemory) -> tuple[Tensor, Cache]:
        """Read one more token of each row (R,); returns readouts (R, E) and the cache with it."""
        placed = self._placed(self.target_embedding(last), state.read)
        return self.decoder.step(placed, state, None, *encoded)

    def _placed(self, embedded: Tensor, places: Tensor) -> Tensor:
        # embeddings about 1 long are scaled to the length of their positions (section 3.4)
        width = self.sizes.embedding
        return embedded * width**0.5 + sinusoids(places, width)
