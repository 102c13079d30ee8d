"""Base class of the translators: embeddings, softmax, loss, greedy and beam search."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from seqops.core.interfaces import Meta
from seqops.nn import beam_search
from seqops.nn.beam_search import Hypotheses, Step
from seqops.nn.language_encoder import embedding
from seqops.nn.softmax import SampledSoftmax, Softmax, inclusion_probabilities
from seqops.preprocessing.subwords import END, START
from seqops.preprocessing.vocabulary import PAD

if TYPE_CHECKING:
    from seqops.tasks.translation.model.network import Network

Tensor = Any
Encoded = Any
"""Encoded sources: tensors of B rows."""
DecoderState = Any
"""Decoder state between two tokens: tensors of R rows."""
SYMBOLS = beam_search.Symbols(PAD, START, END)
SOURCES = tf.TensorSpec([None, None], tf.int32)


def lengths_of(source: Tensor) -> Tensor:
    """Count the tokens of padded rows (B, S): (B,)."""
    return tf.reduce_sum(tf.cast(source != PAD, tf.int32), -1)


def max_target_length(source: Tensor) -> Tensor:
    """Return the maximum length of each translation, twice its source's and 10 more: (B,)."""
    return 2 * lengths_of(source) + 10


class Translator(keras.Model):
    """Embeddings, softmax, loss and search; subclasses define encoder and decoder."""

    def __init__(self, settings: Network, meta: Meta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        width, dropout, sampled = settings.embedding, settings.dropout, settings.sampled_softmax_size
        self.source_embedding = embedding(meta["source_size"], width, name="source_embedding")
        self.target_embedding = embedding(meta["target_size"], width, name="target_embedding")
        self.drop_source = keras.layers.Dropout(dropout, name="drop_source")
        self.drop_target = keras.layers.Dropout(dropout, name="drop_target")
        tied = self.target_embedding if settings.tie_embeddings else None
        matrix = (meta["target_size"], tied, settings.precision)
        if sampled:
            included = inclusion_probabilities(meta["target_counts"], sampled)
            self.softmax = SampledSoftmax(*matrix, included, name="softmax")
        else:
            self.softmax = Softmax(*matrix, name="softmax")

    @abstractmethod
    def encode(self, source: Tensor, training: bool = False) -> Encoded:
        """Encode sources (B, S)."""

    @abstractmethod
    def read(self, target: Tensor, encoded: Encoded, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return readouts (B, T, E) and attention weights (B, T, S) of whole targets (B, T)."""

    @abstractmethod
    def initial_state(self, encoded: Encoded, max_tokens: Tensor) -> DecoderState:
        """Return the decoder state before the first of at most `max_tokens` tokens."""

    @abstractmethod
    def step(self, last: Tensor, state: DecoderState, encoded: Encoded) -> tuple[Tensor, DecoderState]:
        """Decode one more token of each row (R,); return readouts (R, E) and the state after it."""

    def call(self, inputs: Mapping[str, Tensor], training: bool = False) -> Tensor:
        """Return logits of the N target tokens that are not padding, row after row: (N, V).

        With a sampled softmax, training returns the readouts (N, E) instead: the loss samples the logits.
        """
        encoded = self.encode(inputs["source"], training)
        readouts, _ = self.read(inputs["target"], encoded, training)
        # the expensive product is computed for real tokens only, and in two dimensions, where it is fast
        readouts = tf.boolean_mask(readouts, inputs["target"] != PAD)
        if training and isinstance(self.softmax, SampledSoftmax):
            return readouts
        return self.softmax(readouts, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Return the mean of the compiled loss or, in training, of the sampled softmax if it is used."""
        if training and isinstance(self.softmax, SampledSoftmax):
            return tf.reduce_mean(self.softmax.loss(y, y_pred) * sample_weight)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    @tf.function(input_signature=[SOURCES], autograph=False)  # type: ignore[untyped-decorator]
    def greedy(self, source: Tensor) -> Tensor:
        """Translate sources (B, S) by greedy search: (B, L)."""
        encoded, limits = self.encode(source), max_target_length(source)
        state = self.initial_state(encoded, tf.reduce_max(limits))
        return beam_search.greedy(self._step(encoded), state, SYMBOLS, limits)

    @tf.function(input_signature=[SOURCES], autograph=False)  # type: ignore[untyped-decorator]
    def beams(self, source: Tensor) -> Hypotheses:
        """Translate sources (B, S) by beam search, best hypotheses first."""
        encoded, limits, width = self.encode(source), max_target_length(source), self.settings.beam_size
        state = self.initial_state(encoded, tf.reduce_max(limits))
        repeated = tf.nest.map_structure(lambda t: tf.repeat(t, width, 0), encoded)
        return beam_search.beam_search(
            self._step(repeated), state, SYMBOLS, limits, width, self.settings.length_penalty
        )

    def _step(self, encoded: Encoded) -> Step:
        def step(last: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
            readouts, state = self.step(last, state, encoded)
            return tf.nn.log_softmax(self.softmax(readouts)), state

        return step
