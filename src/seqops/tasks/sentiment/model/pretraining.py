"""What a classifier may learn without labels: to foretell the next word (Howard and Ruder 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf

from seqops.core import interfaces
from seqops.core.interfaces import Batch, Goal, Meta
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.metrics.classification import mean
from seqops.nn.batching import in_length_order
from seqops.nn.language_encoder import LanguageEncoder, LanguageEncoderConfig
from seqops.nn.softmax import Softmax
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.sentiment.model.layers import Reader

Tensor = Any
GOAL = Goal("nats_per_word", higher_is_better=False)
ROWS = 32  # of one prediction batch


@dataclass(frozen=True)
class PretrainingConfig:
    """What the language model and the classifier have in common."""

    embedding: int
    units: int
    layers: int
    dropout: float


def encoder_config(shape: PretrainingConfig, meta: Meta) -> LanguageEncoderConfig:
    """Return the sizes of the encoder for the words of `meta`; its output is as wide as its embedding."""
    return LanguageEncoderConfig(
        kind="lstm",
        vocabulary=len(meta["words"]),
        embedding=shape.embedding,
        units=shape.units,
        layers=shape.layers,
        dropout=shape.dropout,
        tie_embeddings=True,
        precision="float32",
    )


class NextWord(keras.layers.Layer):
    """Logits of each real word but a row's first, from the states before it: (N, V)."""

    def __init__(self, language: LanguageEncoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes = language.sizes
        self.softmax = Softmax(sizes.vocabulary, language.embedding, sizes.precision, name="softmax")

    def call(self, steps: Tensor, words: Tensor, training: bool = False) -> Tensor:
        """Map states (B, T, D) over words (B, T) to logits of the N words that follow one."""
        before = tf.boolean_mask(steps[:, :-1], words[:, 1:] != PAD)
        return self.softmax(before, training=training)


@dataclass(frozen=True)
class LanguageNet(interfaces.Network):
    """A language model whose encoder is that of the classifier."""

    shape: PretrainingConfig

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: words (B, T) in, logits (N, V) of the following words out."""
        words = keras.Input((None,), dtype="int32", name="words")
        reader = Reader(encoder_config(self.shape, meta), name="encoder")
        steps, _ = reader(words)
        logits = NextWord(reader.language, name="next")(steps, words)
        model = keras.Model(words, logits, name="language_model")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad words (B, T); the truth is flat, of real words only: (N,)."""
        words = split.ragged("words").padded(PAD)
        following = _following(words)
        return words, following, np.ones(len(following), np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the words: (n,)."""
        return split.ragged("words").lengths

    def training_rows(self, split: Split) -> Split:
        """Take the rows in which a word follows another, with a label or without."""
        return split.take(np.flatnonzero(self.lengths(split) > 1))

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Sum the surprise of each row: `nats` over `words` that follow one."""
        words, nats = split.ragged("words"), np.zeros(len(split))
        several = np.flatnonzero(words.lengths > 1)
        for order in in_length_order(words.lengths[several], ROWS):
            rows = several[order]
            part = words.take(rows)
            truth = part.padded(PAD)
            losses = _losses(_following(truth), model.predict_on_batch(truth))
            np.add.at(nats, np.repeat(rows, part.lengths - 1), losses)
        return pd.DataFrame({"nats": nats, "words": words.lengths - 1})


def perplexity(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Score]:
    """Score the surprise a word, in nats; its exponential is the perplexity."""
    statistics = predicted[["nats", "words"]].to_numpy(np.float64)
    what = "natural log, words of the vocabulary and the unknown one"
    return [Score(GOAL.metric, statistics, mean, GOAL.higher_is_better, what)]


def _following(words: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    after = words[:, 1:]
    real: npt.NDArray[np.int32] = after[after != PAD]
    return real


def _losses(truth: npt.NDArray[np.int32], logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
    return np.asarray(losses, np.float64)
