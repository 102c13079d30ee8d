"""Network of the translation task: batches, building and decoding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, NonNegative, Positive, Rate
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.ragged import Array, Ragged, Split
from seqops.nn.batching import in_length_order
from seqops.nn.beam_search import penalty
from seqops.nn.softmax import smoothed_cross_entropy
from seqops.preprocessing.subwords import START, Subwords
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.translation.model import minimum_risk
from seqops.tasks.translation.model.beam import Beam
from seqops.tasks.translation.model.mixture import PhraseMixture
from seqops.tasks.translation.model.phrase_based import PhraseBased
from seqops.tasks.translation.model.recurrent import RecurrentTranslator
from seqops.tasks.translation.model.transformer import TransformerTranslator
from seqops.tasks.translation.model.translator import Translator

BATCH = 64
ATTENTION_ROWS = 6
"""Rows whose attention weights are kept for the plots."""


@dataclass(frozen=True)
class Network(interfaces.Network):
    """Sequence to sequence: recurrent, with attention or without, or a transformer.

    Sutskever et al. 2014, Bahdanau et al. 2015, Luong et al. 2015; Vaswani et al. 2017.

    Attributes
    ----------
    kind
        Type of the recurrent layers (`lstm`, `gru`), or `transformer`; or `phrase_table`: phrases and
        trigrams without a network, for which no other key of `model` has a meaning, and none of `fit`.
    mixture
        `phrase_table`: the hypotheses of the beam search and that of a phrase table are ranked together by
        expected chrF, whatever `reranking` is; `none`: the network alone.
    embedding
        Dimensions of a token embedding; for a transformer also the model width, which must be even and a
        multiple of `heads`.
    units
        Units of one direction of the recurrent encoder (the decoder has twice as many), or width of a
        transformer's feed-forward layers.
    layers
        Layers of the encoder, and of the decoder.
    heads
        Attention heads of a transformer; recurrent kinds ignore it.
    attention
        Attention of the recurrent decoder: `luong` (the score "general" of Luong et al. 2015), `luong_dot`
        (their "dot", without weights), `bahdanau` or `none`; a transformer ignores it.
    tie_embeddings
        Whether the softmax shares the weights of the target embedding (Press and Wolf 2017).
    dropout
        Dropout rate in training.
    recurrent_dropout
        Share of the state that a recurrent layer drops in training, the same part at every step of a row (Gal
        and Ghahramani 2016); above 0 training is slower. A transformer ignores it, as it does the two
        below: it has its own.
    layer_norm
        Whether the outputs of each recurrent layer are normalised (Ba et al. 2016).
    residual
        Whether the input of each recurrent layer is added to its output (He et al. 2016) where both have the
        same width; that of the encoder has both directions.
    label_smoothing
        Share of each target's probability that is spread over the vocabulary in training; 0: none. Must be 0
        if `sampled_softmax_size` is not.
    sampled_softmax_size
        Tokens sampled to stand for the vocabulary in the loss of a batch (Jean et al. 2015); 0: the full
        softmax.
    precision
        Precision, in training, of the matrix products of LSTM and softmax; `bfloat16` is faster on processors
        that support it and slower on others.
    beam_size
        Hypotheses that beam search keeps.
    length_penalty
        Exponent alpha of the length penalty in beam search (Wu et al. 2016); 0: none.
    reranking
        `minimum_risk`: the translation is the hypothesis of the beam search with the highest expected chrF
        (Kumar and Byrne 2004), instead of that with the best score; `none`.
    """

    kind: Literal["lstm", "gru", "transformer", "phrase_table"]
    mixture: Literal["none", "phrase_table"]
    embedding: Positive
    units: Positive
    layers: Positive
    heads: Positive
    attention: Literal["none", "luong", "luong_dot", "bahdanau"]
    tie_embeddings: bool
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool
    label_smoothing: Rate
    sampled_softmax_size: Count
    precision: Literal["float32", "bfloat16"]
    beam_size: Positive
    length_penalty: NonNegative
    reranking: Literal["none", "minimum_risk"]

    def __post_init__(self) -> None:
        if self.kind == self.mixture:
            raise ValueError("a model is not mixed with itself: set mixture to none, or kind to a network")

    def configured(self) -> Model:
        """Return the phrase table, if that is the kind, or else this network, alone or mixed with it."""
        if self.kind == "phrase_table":
            return PhraseBased()
        return self if self.mixture == "none" else PhraseMixture(self, PhraseBased())

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the translator for the vocabularies of `meta`.

        Raises ConfigError if settings contradict each other.
        """
        self._check_consistency()
        kind = TransformerTranslator if self.kind == "transformer" else RecurrentTranslator
        model = kind(self, meta, name="translator")
        model({"source": np.ones((1, 2), np.int32), "target": np.ones((1, 2), np.int32)})
        model.compile(optimizer, smoothed_cross_entropy(self.label_smoothing), jit_compile=False)
        return model

    def _check_consistency(self) -> None:
        if self.sampled_softmax_size and self.label_smoothing:
            raise ConfigError(
                "model.label_smoothing needs the whole vocabulary, but "
                "model.sampled_softmax_size samples a part of it. "
                "Set one of them to 0."
            )
        if self.kind == "transformer" and (self.embedding % self.heads or self.embedding % 2):
            raise ConfigError(
                f"model.embedding must be even and a multiple of model.heads ({self.heads}), "
                f"got {self.embedding}."
            )

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad sources (B, S) and shifted targets (B, T); the labels are flat, of real tokens only: (N,)."""
        target = split.ragged("target")
        inputs = {"source": split.ragged("source").padded(PAD), "target": _shifted(target).padded(PAD)}
        # every token of an epoch has the same weight, however long the sentences of its batch
        weight = len(target.values) / (len(split) * meta["target_length"])
        return inputs, target.values, np.full(len(target.values), weight, np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the tokens of source and target."""
        sides = [side for side in ("source", "target") if side in split.columns]
        lengths: npt.NDArray[np.int64] = np.sum([split.ragged(side).lengths for side in sides], axis=0)
        return lengths

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Translate by beam search: hypothesis, score, n-best list and its scores, attention, subwords.

        With `reranking` the n-best list is in the order of the expected chrF.
        """
        beams = self.beams(model, split, meta)
        orders = [self._order(beam) for beam in beams]
        texts = [[beam.texts[i] for i in order] for beam, order in zip(beams, orders, strict=True)]
        scores = [beam.scores[order].tolist() for beam, order in zip(beams, orders, strict=True)]
        chosen = [beam.tokens_of(found[0]) for beam, found in zip(beams, texts, strict=True)]
        return self.table(model, split, meta, texts, scores, chosen)

    def beams(self, model: keras.Model, split: Split, meta: Meta) -> list[Beam]:
        """Search for the best hypotheses of each source."""
        tokens = Subwords(meta["target"])
        found: dict[int, Beam] = {}
        for rows, source in _sources(split):
            hypotheses, scores = (t.numpy() for t in model.beams(source))
            for row, ids, values in zip(rows, hypotheses, scores, strict=True):
                lengths = (ids != PAD).sum(axis=1)
                likelihoods = values * penalty(lengths, self.length_penalty).numpy()
                found[int(row)] = Beam(tokens.decode(ids), ids, values, likelihoods)
        return [found[i] for i in range(len(split))]

    def table(
        self,
        model: keras.Model,
        split: Split,
        meta: Meta,
        texts: Sequence[Sequence[str]],
        scores: Sequence[Sequence[float]],
        chosen: Sequence[list[int]],
    ) -> pd.DataFrame:
        """Tabulate the hypotheses of each source in order; chosen: the tokens of the first, if known."""
        tokens = Subwords(meta["target"])
        return pd.DataFrame(
            {
                "hypothesis": [found[0] for found in texts],
                "score": [values[0] for values in scores],
                "nbest": list(texts),
                "nbest_scores": list(scores),
                "attention": self._attention(model, split, chosen),
                "pieces": [tokens.pieces(ids) for ids in chosen],
            }
        )

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Translate by greedy search: the hypothesis alone."""
        tokens = Subwords(meta["target"])
        found: dict[int, str] = {}
        for rows, source in _sources(split):
            found.update(zip(map(int, rows), tokens.decode(model.greedy(source).numpy()), strict=True))
        return pd.DataFrame({"hypothesis": [found[i] for i in range(len(split))]})

    def _order(self, beam: Beam) -> list[int]:
        if self.reranking == "none":
            return [*range(len(beam.texts))]
        return minimum_risk.ranked(beam.texts, beam.log_probabilities)

    def _attention(self, model: Translator, split: Split, chosen: Sequence[list[int]]) -> list[list[float]]:
        """Return the weights of the first rows, (T, S) flattened; empty for others and without attention."""
        weights: list[list[float]] = [[] for _ in range(len(split))]
        for row in range(min(ATTENTION_ROWS, len(split))):
            if not chosen[row]:
                continue
            target = np.array([[START, *chosen[row][:-1]]], np.int32)
            _, attended = model.read(target, model.encode(split.ragged("source")[row][None]))
            weights[row] = [float(w) for w in attended.numpy().ravel()]
        return weights


def _shifted(target: Ragged) -> Ragged:
    """Prepend START to each row and drop its last token."""
    values = np.roll(target.values, 1)
    values[target.offsets[:-1]] = START
    return Ragged(values, target.offsets)


def _sources(split: Split) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """Yield row numbers and padded sources, in batches of similar length."""
    source = split.ragged("source")
    for rows in in_length_order(source.lengths, BATCH):
        yield rows, source.take(rows).padded(PAD)
