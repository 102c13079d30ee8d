"""What every translator is: sources and shifted targets in, logits out, searched greedily or by beam."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import tensorflow as tf

from seqops.nn import beam_search
from seqops.nn.beam_search import Hypotheses, Step
from seqops.nn.language_encoder import embedding
from seqops.nn.softmax import SampledSoftmax, Softmax, inclusion_probabilities
from seqops.preprocessing.subwords import END, PAD, START

Tensor = Any
Encoded = Any
"""What a translator keeps of its sources: tensors of B rows."""
State = Any
"""What a translator remembers between two tokens: tensors of R rows."""
SYMBOLS = beam_search.Symbols(PAD, START, END)
SOURCES = tf.TensorSpec([None, None], tf.int32)


@dataclass(frozen=True)
class TranslatorConfig:
    """What a translator is made of: the keys of its section, the two vocabularies and what sampling needs.

    counts: of the target's tokens in training (V,), where `sampled_softmax_size` is not 0.
    """

    kind: Literal["lstm", "gru", "transformer"]
    embedding: int
    units: int
    layers: int
    heads: int
    attention: Literal["none", "luong", "bahdanau"]
    tie_embeddings: bool
    dropout: float
    label_smoothing: float
    sampled_softmax_size: int
    precision: str
    beam_size: int
    length_penalty: float
    source: int
    target: int
    counts: Sequence[int]


def lengths_of(source: Tensor) -> Tensor:
    """Count the tokens of padded rows (B, S): (B,)."""
    return tf.reduce_sum(tf.cast(source != PAD, tf.int32), -1)


def max_target_length(source: Tensor) -> Tensor:
    """Allow each translation twice the length of its source: (B,)."""
    return 2 * lengths_of(source) + 10


class Translator(keras.Model):
    """Embeddings, softmax, loss and search; what lies between them is for each kind to say."""

    def __init__(self, sizes: TranslatorConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = sizes
        self.source_embedding = embedding(sizes.source, sizes.embedding, name="source_embedding")
        self.target_embedding = embedding(sizes.target, sizes.embedding, name="target_embedding")
        self.drop_source = keras.layers.Dropout(sizes.dropout, name="drop_source")
        self.drop_target = keras.layers.Dropout(sizes.dropout, name="drop_target")
        tied = self.target_embedding if sizes.tie_embeddings else None
        matrix = (sizes.target, tied, sizes.precision)
        if sizes.sampled_softmax_size:
            self.softmax = SampledSoftmax(
                *matrix, inclusion_probabilities(sizes.counts, sizes.sampled_softmax_size), name="softmax"
            )
        else:
            self.softmax = Softmax(*matrix, name="softmax")

    @abstractmethod
    def encode(self, source: Tensor, training: bool = False) -> Encoded:
        """Encode sources (B, S)."""

    @abstractmethod
    def read(self, target: Tensor, encoded: Encoded, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read whole targets (B, T); returns readouts (B, T, E) and the weights of attention (B, T, S)."""

    @abstractmethod
    def first(self, encoded: Encoded, room: Tensor) -> State:
        """Return the state before the first of at most `room` tokens."""

    @abstractmethod
    def step(self, last: Tensor, state: State, encoded: Encoded) -> tuple[Tensor, State]:
        """Read one more token of each row (R,); returns readouts (R, E) and the state after it."""

    def call(self, inputs: Mapping[str, Tensor], training: bool = False) -> Tensor:
        """Return logits of the N target tokens that are not padding, row after row: (N, V).

        Where the softmax is sampled, training gets the readouts (N, E) instead: the loss draws its logits.
        """
        encoded = self.encode(inputs["source"], training)
        readouts, _ = self.read(inputs["target"], encoded, training)
        # the dear product is made for real tokens only, and in two dimensions, where it is fast
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
        """Return the mean loss of the compiled function, or, in training, that of the sampled softmax."""
        if training and isinstance(self.softmax, SampledSoftmax):
            return tf.reduce_mean(self.softmax.loss(y, y_pred) * sample_weight)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    @tf.function(input_signature=[SOURCES])  # type: ignore[untyped-decorator]
    def greedy(self, source: Tensor) -> Tensor:
        """Translate sources (B, S) by the likeliest tokens: (B, L)."""
        encoded, limits = self.encode(source), max_target_length(source)
        state = self.first(encoded, tf.reduce_max(limits))
        return beam_search.greedy(self._step(encoded), state, SYMBOLS, limits)

    @tf.function(input_signature=[SOURCES])  # type: ignore[untyped-decorator]
    def beams(self, source: Tensor) -> Hypotheses:
        """Translate sources (B, S) by beam search, the best hypotheses first."""
        encoded, limits, width = self.encode(source), max_target_length(source), self.sizes.beam_size
        state = self.first(encoded, tf.reduce_max(limits))
        wide = tf.nest.map_structure(lambda t: tf.repeat(t, width, 0), encoded)
        return beam_search.beam_search(
            self._step(wide), state, SYMBOLS, limits, width, self.sizes.length_penalty
        )

    def _step(self, encoded: Encoded) -> Step:
        def step(last: Tensor, state: State) -> tuple[Tensor, State]:
            readouts, state = self.step(last, state, encoded)
            return tf.nn.log_softmax(self.softmax(readouts)), state

        return step
