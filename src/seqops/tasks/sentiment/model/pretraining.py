"""Pretraining of the classifier's encoder as a language model, without labels (Howard and Ruder 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf

from seqops.core import interfaces
from seqops.core.interfaces import Batch, Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score
from seqops.metrics.classification import mean
from seqops.nn.batching import in_length_order
from seqops.nn.language_encoder import LanguageEncoder
from seqops.nn.softmax import Softmax
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.sentiment.data.encoding import sequence_of
from seqops.tasks.sentiment.model.layers import Reader

Tensor = Any
NATS_PER_WORD = Goal("nats_per_word", higher_is_better=False)
ROWS = 32  # of one prediction batch


class NextWord(keras.layers.Layer):
    """Logits of every real word except a row's first, from the preceding states: (N, V)."""

    def __init__(self, language: LanguageEncoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.softmax = Softmax(language.vocabulary, language.embedding, "float32", name="softmax")

    def call(self, steps: Tensor, words: Tensor, training: bool = False) -> Tensor:
        """Map states (B, T, D) of words (B, T) to logits (N, V) of the N words that follow another."""
        before = tf.boolean_mask(steps[:, :-1], words[:, 1:] != PAD)
        return self.softmax(before, training=training)


@dataclass(frozen=True)
class LanguageModelNetwork(interfaces.Network):
    """A language model with the encoder of the classifier; reader: creates it for a meta."""

    reader: Callable[[Meta], Reader]

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: words (B, T) in, logits (N, V) of the next words out."""
        words = keras.Input((None,), dtype="int32", name="words")
        reader = self.reader(meta)
        steps, _ = reader(words)
        logits = NextWord(reader.language, name="next")(steps, words)
        model = keras.Model(words, logits, name="language_model")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad words (B, T); the labels are flat, of real words only: (N,)."""
        words = sequence_of(split).padded(PAD)
        following = _following(words)
        return words, following, np.ones(len(following), np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the words: (n,)."""
        return sequence_of(split).lengths

    def training_rows(self, split: Split) -> Split:
        """Return the rows of two words or more, with a label or without."""
        return split.take(np.flatnonzero(self.lengths(split) > 1))

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Return the negative log-likelihood of each row: `nats`, of the `words` after the first."""
        words, nats = sequence_of(split), np.zeros(len(split))
        predictable = np.flatnonzero(words.lengths > 1)
        for order in in_length_order(words.lengths[predictable], ROWS):
            rows = predictable[order]
            part = words.take(rows)
            truth = part.padded(PAD)
            losses = _losses(_following(truth), model.predict_on_batch(truth))
            np.add.at(nats, np.repeat(rows, part.lengths - 1), losses)
        return pd.DataFrame({"nats": nats, "words": words.lengths - 1})


def perplexity(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Score]:
    """Score the mean negative log-likelihood per word, in nats; its exponential is the perplexity."""
    statistics = predicted[["nats", "words"]].to_numpy(np.float64)
    signature = "natural log, words of the vocabulary and the unknown one"
    return [Score(NATS_PER_WORD.metric, statistics, mean, NATS_PER_WORD.higher_is_better, signature)]


def _following(words: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    after = words[:, 1:]
    real: npt.NDArray[np.int32] = after[after != PAD]
    return real


def _losses(truth: npt.NDArray[np.int32], logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
    return np.asarray(losses, np.float64)
