"""Sequence tagger: embeddings of words, characters and parts of speech, bidirectional RNN, CRF."""

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
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.ragged import Ragged, Split
from seqops.nn.crf import CRF
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import BidirectionalRNN
from seqops.preprocessing.iob2 import is_valid_transition
from seqops.preprocessing.morpheme_vectors import DIMENSION, MorphemeVectors
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.features import CHARACTERS, MORPHEME
from seqops.tasks.ner.model.decoding import batches, best_tags
from seqops.tasks.ner.model.feature_crf import FeatureCRF
from seqops.tasks.ner.model.layers import CharacterCNN, SplitFeatures, WordDropout
from seqops.tasks.ner.model.mixture import CrfMixture
from seqops.tasks.ner.model.predictions import Tags, predictions

Tensor = Any
VECTOR_SCALE = 4.0
"""Of unit vectors of 256 numbers, whose root mean square becomes a quarter, as that of embeddings."""


@dataclass(frozen=True)
class Network(interfaces.Network):
    """BiLSTM-CNN-CRF (Ma and Hovy 2016), with parts of speech and positions in the space-separated word.

    Attributes
    ----------
    kind
        Cell of the recurrent layers: `lstm` or `gru`; or `feature_crf`: a CRF over features of the tokens,
        without a network, for which the other keys of `model` and those of `fit` have no meaning.
    mixture
        `feature_crf` averages the scores of the network and of this CRF; `none`: the network alone.
    word_dim
        Dimension of the word embedding.
    char_dim
        Dimension of the character embedding.
    filters
        Filters of each kernel size of the character convolution.
    kernel_sizes
        Kernel sizes of the character convolution, in characters.
    pos_dim
        Dimension of the embedding of parts of speech, and of that of the position in the word.
    units
        Units of each direction of a recurrent layer.
    layers
        Bidirectional recurrent layers.
    dropout
        Share of the token features and of each layer's outputs dropped in training.
    recurrent_dropout
        Share of the state that a recurrent layer drops in training, the same part at every step of a row (Gal
        and Ghahramani 2016); above 0 training is slower, on a GPU much so: cuDNN has none.
    layer_norm
        Whether the outputs of each recurrent layer are normalised (Ba et al. 2016).
    residual
        Whether the input of each recurrent layer is added to its output (He et al. 2016) where both have the
        same width, as they have from the second layer on.
    word_dropout
        Share of the words replaced by the unknown word in training.
    crf
        Whether a CRF scores whole tag sequences; false: an independent softmax per token.
    ensemble_size
        Networks trained side by side; the mean of their scores is decoded.
    """

    kind: Literal["lstm", "gru", "feature_crf"]
    mixture: Literal["none", "feature_crf"]
    word_dim: Positive
    char_dim: Positive
    filters: Positive
    kernel_sizes: Annotated[tuple[Positive, ...], Len(1)]
    pos_dim: Positive
    units: Positive
    layers: Positive
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool
    word_dropout: Rate
    crf: bool
    ensemble_size: Positive

    def __post_init__(self) -> None:
        if self.kind == self.mixture:
            raise ValueError("a model is not mixed with itself: set mixture to none, or kind to a network")

    def configured(self) -> Model:
        """Return the CRF over features, if that is the kind, or else this network, alone or mixed with it."""
        if self.kind == "feature_crf":
            return FeatureCRF()
        return self if self.mixture == "none" else CrfMixture(self, FeatureCRF())

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model: features (B, T, F) to tag scores (B, T, K) of each member."""
        features = keras.Input((None, CHARACTERS + meta["width"]), dtype="int32", name="features")
        columns = SplitFeatures(name="columns")(features)
        vectors = [keras.Input((None, DIMENSION), name="vectors")] if "vectors" in meta else []
        members = {name: self._member(meta, columns, vectors, name) for name in self._members}
        model = keras.Model([features, *vectors], members, name="tagger")
        losses = {
            name: model.get_layer(f"{name}_crf").loss if self.crf else independent_loss
            for name in self._members
        }
        model.compile(optimizer, losses, jit_compile=False)
        return model

    @property
    def _members(self) -> list[str]:
        return [f"member_{number}" for number in range(self.ensemble_size)]

    def _member(self, meta: Meta, columns: Sequence[Tensor], vectors: list[Tensor], name: str) -> Tensor:
        *token, lengths = columns
        x = [*self._token(meta, token, name), *vectors]
        x = keras.layers.Concatenate(name=f"{name}_token")(x)  # (B, T, D)
        x = keras.layers.Dropout(self.dropout, name=f"{name}_drop_token")(x)
        join = LayerJoint(self.residual, self.layer_norm)
        for layer in range(self.layers):
            settings = (self.kind, self.units, self.recurrent_dropout)
            read = BidirectionalRNN(*settings, name=f"{name}_encoder_{layer}")(x, lengths)  # (B, T, 2U)
            read = keras.layers.Dropout(self.dropout, name=f"{name}_drop_encoder_{layer}")(read)
            x = join(x, read, f"{name}_encoder_{layer}")
        x = keras.layers.Dense(len(meta["tags"]), name=f"{name}_emissions")(x)
        return CRF(allowed(meta["tags"]), name=f"{name}_crf")(x) if self.crf else x

    def _token(self, meta: Meta, token: Sequence[Tensor], name: str) -> list[Tensor]:
        words, pos, positions, characters = token
        embedding = keras.layers.Embedding
        words = WordDropout(self.word_dropout, name=f"{name}_word_dropout")(words)
        sizes = (len(meta["characters"]), self.char_dim, self.filters, self.kernel_sizes)
        return [
            embedding(len(meta["words"]), self.word_dim, name=f"{name}_word")(words),
            embedding(len(meta["pos"]), self.pos_dim, name=f"{name}_pos")(pos),
            embedding(5, self.pos_dim, name=f"{name}_place")(positions),
            CharacterCNN(*sizes, name=f"{name}_spelling")(characters),
        ]

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad features (B, T, F) and tags (B, T), the latter with -1; every member gets the same tags."""
        features = _concatenate([split.ragged(f"{view}_features") for view in meta["views"]])
        tags = _concatenate([split.ragged(f"{view}_tags") for view in meta["views"]])
        truth, weights = tags.padded(-1), np.ones(len(tags), np.float32)
        inputs = model_inputs(features.padded(), meta)
        return inputs, dict.fromkeys(self._members, truth), dict.fromkeys(self._members, weights)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the number of corpus tokens: (n,)."""
        return split.ragged("corpus_features").lengths

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag every view that the split has; see `predictions`."""
        views = {view: f"{view}_features" for view in encoding.VIEWS["both"]}
        tags = {
            view: self._tag(model, split.ragged(column), meta)
            for view, column in views.items()
            if column in split.columns
        }
        return predictions(split, tags)

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag the corpus tokens only."""
        return pd.DataFrame({"tags": self._tag(model, split.ragged("corpus_features"), meta)})

    def _tag(self, model: keras.Model, features: Ragged, meta: Meta) -> Tags:
        return best_tags(self.emissions(model, features, meta), self.transitions(model, meta), meta["tags"])

    def emissions(self, model: keras.Model, features: Ragged, meta: Meta) -> Ragged:
        """Return the scores of the tags of each token, the mean of the members: rows (T, K)."""
        parts = np.zeros((len(features.values), model.outputs[0].shape[-1]), np.float32)
        found = Ragged(parts, np.concatenate([[0], np.cumsum(features.lengths)]))
        for rows in batches(features):
            inputs = model_inputs(features.take(rows).padded(), meta)
            means = np.mean(list(model.predict_on_batch(inputs).values()), axis=0)
            for row, mean in zip(rows, means, strict=True):
                found[row][:] = mean[: found.lengths[row]]
        return found

    def transitions(self, model: keras.Model, meta: Meta) -> npt.NDArray[np.float32]:
        """Return the scores of transitions (K + 1, K), the mean of the members; without a CRF: zeros."""
        if not self.crf:
            return np.zeros((len(meta["tags"]) + 1, len(meta["tags"])), np.float32)
        crfs = [model.get_layer(f"{name}_crf") for name in self._members]
        mean: npt.NDArray[np.float32] = np.mean([crf.transitions() for crf in crfs], axis=0)
        return mean


def model_inputs(features: npt.NDArray[np.int32], meta: Meta) -> list[npt.NDArray[Any]]:
    """Return features (B, T, F), and the vectors of their morphemes (B, T, D) if the meta has them."""
    if "vectors" not in meta:
        return [features]
    vectors = MorphemeVectors.from_meta(meta["vectors"]).of(features[:, :, MORPHEME])
    return [features, VECTOR_SCALE * vectors]


def allowed(tags: Sequence[str]) -> list[list[int]]:
    """Return the valid IOB2 transitions as flags for `CRF`: (K + 1, K), the last row for the start."""
    return [[int(is_valid_transition(tag, previous)) for tag in tags] for previous in [*tags, "O"]]


def independent_loss(tags: Tensor, emissions: Tensor) -> Tensor:
    """Return the cross-entropy summed over the tags of each row, without padding: (B,)."""
    tags = tf.cast(tags, tf.int32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(tags, 0), emissions)
    return tf.reduce_sum(tf.where(tags >= 0, losses, 0.0), 1)


def _concatenate(columns: Sequence[Ragged]) -> Ragged:
    """Concatenate the rows of ragged columns."""
    return Ragged.from_rows(
        [column[i] for column in columns for i in range(len(column))], columns[0].values.dtype
    )
