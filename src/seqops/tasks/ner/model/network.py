"""The tagger: word, spelling and part of speech of each token, read from both ends, tagged by a CRF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from annotated_types import Len

from seqops.core import interfaces
from seqops.core.constrained_types import Positive, Rate
from seqops.core.interfaces import Batch, Meta
from seqops.core.ragged import Ragged, Split
from seqops.nn.batching import in_length_order
from seqops.nn.crf import CRF, viterbi
from seqops.nn.rnn import BidirectionalRNN
from seqops.preprocessing.iob2 import iob2_to_spans, is_valid_transition
from seqops.tasks.ner.data.alignment import character_spans
from seqops.tasks.ner.data.features import CHARACTERS
from seqops.tasks.ner.model.layers import CharacterCNN, SplitFeatures, WordDropout

Tensor = Any
ROWS = 64  # of one prediction batch


@dataclass(frozen=True)
class Network(interfaces.Network):
    """BiLSTM-CNN-CRF (Ma and Hovy 2016), with parts of speech and the place in the space-separated word.

    kind: of the recurrent layers; word_dim, char_dim, pos_dim: dimensions of the embeddings; filters: of each
    width of the character convolution; units: of one direction of a recurrent layer; word_dropout: share
    of words read as unknown while training; crf: false for a softmax of each tag by itself; ensemble_size:
    networks that are trained side by side, the mean of whose scores is decoded.
    """

    kind: Literal["lstm", "gru"]
    word_dim: Positive
    char_dim: Positive
    filters: Positive
    kernel_sizes: Annotated[tuple[Positive, ...], Len(1)]
    pos_dim: Positive
    units: Positive
    layers: Positive
    dropout: Rate
    word_dropout: Rate
    crf: bool
    ensemble_size: Positive

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: features (B, T, F) in, each member's scores of tags (B, T, K) out."""
        features = keras.Input((None, CHARACTERS + meta["width"]), dtype="int32", name="features")
        columns = SplitFeatures(name="columns")(features)
        members = {name: self._member(meta, columns, name) for name in self._members}
        model = keras.Model(features, members, name="tagger")
        losses = {
            name: model.get_layer(f"{name}_crf").loss if self.crf else independent_loss
            for name in self._members
        }
        model.compile(optimizer, losses, jit_compile=False)
        return model

    @property
    def _members(self) -> list[str]:
        return [f"member_{number}" for number in range(self.ensemble_size)]

    def _member(self, meta: Meta, columns: Sequence[Tensor], name: str) -> Tensor:
        *token, lengths = columns
        x = self._token(meta, token, name)  # (B, T, D)
        x = keras.layers.Dropout(self.dropout, name=f"{name}_drop_token")(x)
        for layer in range(self.layers):
            encoder = BidirectionalRNN(self.kind, self.units, name=f"{name}_encoder_{layer}")
            x = encoder(x, lengths)  # (B, T, 2U)
            x = keras.layers.Dropout(self.dropout, name=f"{name}_drop_encoder_{layer}")(x)
        x = keras.layers.Dense(len(meta["tags"]), name=f"{name}_emissions")(x)
        return CRF(allowed(meta["tags"]), name=f"{name}_crf")(x) if self.crf else x

    def _token(self, meta: Meta, token: Sequence[Tensor], name: str) -> Tensor:
        words, pos, places, characters = token
        embedding = keras.layers.Embedding
        words = WordDropout(self.word_dropout, name=f"{name}_word_dropout")(words)
        sizes = (len(meta["characters"]), self.char_dim, self.filters, self.kernel_sizes)
        parts = [
            embedding(len(meta["words"]), self.word_dim, name=f"{name}_word")(words),
            embedding(len(meta["pos"]), self.pos_dim, name=f"{name}_pos")(pos),
            embedding(5, self.pos_dim, name=f"{name}_place")(places),
            CharacterCNN(*sizes, name=f"{name}_spelling")(characters),
        ]
        return keras.layers.Concatenate(name=f"{name}_token")(parts)

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad features (B, T, F) and tags (B, T), which are -1 beyond the end, the same for each member."""
        features = _joined([split.ragged(f"{view}_features") for view in meta["views"]])
        tags = _joined([split.ragged(f"{view}_tags") for view in meta["views"]])
        truth, weights = tags.padded(-1), np.ones(len(tags), np.float32)
        return features.padded(), dict.fromkeys(self._members, truth), dict.fromkeys(self._members, weights)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the corpus's tokens: (n,)."""
        return split.ragged("corpus_features").lengths

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag every view that the split has.

        SplitFeatures: `tags` of the corpus's own tokens; `starts`, `ends` and `types` of the spans in raw
        text.
        """
        columns: dict[str, Any] = {}
        if "corpus_features" in split.columns:
            columns["tags"] = self._tag(model, split.ragged("corpus_features"), meta)
        if "raw_features" in split.columns:
            offsets = split.ragged("raw_offsets")
            tags = self._tag(model, split.ragged("raw_features"), meta)
            spans = [character_spans(iob2_to_spans(t), offsets[i].tolist()) for i, t in enumerate(tags)]
            for place, name in enumerate(("starts", "ends", "types")):
                columns[name] = [[span[place] for span in row] for row in spans]
        return pd.DataFrame(columns)

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag the corpus's own tokens alone."""
        return pd.DataFrame({"tags": self._tag(model, split.ragged("corpus_features"), meta)})

    def _tag(self, model: keras.Model, features: Ragged, meta: Meta) -> list[list[str]]:
        tags: list[list[str]] = [[] for _ in range(len(features))]
        filled = np.flatnonzero(features.lengths)  # a text may have no token at all
        for order in in_length_order(features.lengths[filled], ROWS):
            rows = filled[order]
            part = features.take(rows)
            emissions = np.mean(list(model.predict_on_batch(part.padded()).values()), axis=0)
            for row, path in zip(rows, self._decode(model, emissions, part.lengths), strict=True):
                tags[row] = [meta["tags"][tag] for tag in path]
        return tags

    def _decode(
        self, model: keras.Model, emissions: npt.NDArray[np.float32], lengths: npt.NDArray[np.int64]
    ) -> Sequence[npt.NDArray[np.int64]]:
        if self.crf:
            crfs = [model.get_layer(f"{name}_crf") for name in self._members]
            return viterbi(emissions, lengths, np.mean([crf.transitions() for crf in crfs], axis=0))
        return [row[:length].argmax(-1) for row, length in zip(emissions, lengths, strict=True)]


def allowed(tags: Sequence[str]) -> list[list[int]]:
    """Write the rule of IOB2 as the flags that `CRF` takes: (K + 1, K)."""
    return [[int(is_valid_transition(tag, previous)) for tag in tags] for previous in [*tags, "O"]]


def independent_loss(tags: Tensor, emissions: Tensor) -> Tensor:
    """Sum the cross-entropy of each real tag of a row: (B,)."""
    tags = tf.cast(tags, tf.int32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(tags, 0), emissions)
    return tf.reduce_sum(tf.where(tags >= 0, losses, 0.0), 1)


def _joined(columns: Sequence[Ragged]) -> Ragged:
    """Lay ragged columns below one another."""
    return Ragged.from_rows(
        [column[i] for column in columns for i in range(len(column))], columns[0].values.dtype
    )
