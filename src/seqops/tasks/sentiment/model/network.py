"""Network of the sentiment task: n-gram counts or word sequences to label probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Positive, Rate
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.objective import Objective
from seqops.core.ragged import Ragged, Split
from seqops.metrics.class_predictions import predictions
from seqops.metrics.label_decision import LabelDecision, decide
from seqops.nn.batching import in_length_order
from seqops.nn.bert import Bert, BertSizes
from seqops.nn.classifier_head import Head
from seqops.nn.language_encoder import embedding
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.rnn import CELLS, BidirectionalRNN
from seqops.nn.temperature_scaling import log_softmax
from seqops.preprocessing import weights_choice
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.sentiment.data.encoding import labelled, sequence_of, sequence_size, weighted
from seqops.tasks.sentiment.data.pretrained_encoder import NEEDS_WEIGHTS
from seqops.tasks.sentiment.data.word_vectors import rows_of
from seqops.tasks.sentiment.model.classical import ClassicalKind, TextClassifier
from seqops.tasks.sentiment.model.layers import (
    LabelOffsets,
    Last,
    Lengths,
    MeanMax,
    Reader,
    SideBySide,
    TermSum,
)
from seqops.tasks.sentiment.model.mixture import TextMixture
from seqops.tasks.sentiment.model.pretraining import NATS_PER_WORD, LanguageModelNetwork, perplexity

Tensor = Any
ROWS = 64  # of one prediction batch


@dataclass(frozen=True)
class Network(interfaces.Network):
    """A text classifier.

    Attributes
    ----------
    kind
        `bow` or `tfidf`: a dense network over n-grams; `embedding`: word vectors, see `pooling`;
        `lstm`, `gru` or `bilstm`: recurrent layers over word vectors; `lm`: an LSTM that can be pretrained
        as a language model (Howard and Ruder 2018); `encoder`: the mean of the states of the pretrained
        transformer of `data.pretrained`. `tfidf_logistic`, `nb_logistic` or `linear_svm`: a linear classifier
        of n-grams, for which the other keys of `model` and those of `fit` have no meaning.
    mixture
        A linear classifier whose probabilities are pooled with those of the network; `none`: the network
        alone.
    embedding
        Dimensions of the vector of a word or subword, those of `data.vectors` if that is set; `bow`, `tfidf`
        and `encoder` ignore it.
    units
        Units of each layer, of one direction in a `bilstm`, and of the hidden layer before the logits.
    layers
        Number of dense (`bow`, `tfidf`) or recurrent layers; `embedding` and `encoder` ignore it.
    dropout
        Dropout rate in training.
    recurrent_dropout
        Share of the state that a recurrent layer drops in training, the same part at every step of a row (Gal
        and Ghahramani 2016); above 0 training is slower, on a GPU much so: cuDNN has none.
    layer_norm
        Whether the outputs of each recurrent layer are normalised (Ba et al. 2016).
    residual
        Whether the input of each recurrent layer is added to its output (He et al. 2016) where both have the
        same width, as they have from the second layer on.
    pooling
        What represents a text: the `last` recurrent state, or that with the mean and the maximum of all
        states (`concat`, which `lm` always uses). `embedding` takes mean and maximum with either, or, with
        `flatten`, the vectors of all words side by side, as many as `data.max_length`. `encoder` ignores it.
    """

    kind: Literal["bow", "tfidf", "embedding", "lstm", "gru", "bilstm", "lm", "encoder", ClassicalKind]
    mixture: Literal["none", ClassicalKind]
    embedding: Positive
    units: Positive
    layers: Positive
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool
    pooling: Literal["last", "concat", "flatten"]

    def __post_init__(self) -> None:
        if self.kind in get_args(ClassicalKind) and self.mixture != "none":
            raise ValueError("only a network is mixed: set mixture to none, or kind to a network")
        if self.pooling == "flatten" and self.kind != "embedding":
            raise ValueError(f"pooling flatten is of kind embedding: set pooling to concat for {self.kind}")

    def configured(self) -> Model:
        """Return the classical classifier of the kind, or else this network, alone or mixed with one."""
        classical = {kind: TextClassifier(kind) for kind in get_args(ClassicalKind)}
        if self.mixture != "none":
            return TextMixture(self, classical[self.mixture])
        return classical.get(self.kind, self)

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile: n-grams and weights (B, F), or words (B, T) in, logits (B, K) out.

        Raises ConfigError if the word vectors have other dimensions.
        """
        if self.kind == "encoder":
            inputs, x = self._pieces(meta)
        else:
            inputs, x = self._terms(meta) if self._uses_ngrams else self._words(meta)
        logits = Head(self.units, len(meta["labels"]), self.dropout, name="head")(x)
        if meta["label_shares"]:
            logits = LabelOffsets(name="decision")(logits)
        model = keras.Model(inputs, logits, name="classifier")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        if not self._uses_ngrams and self.kind != "encoder":
            load_word_vectors(model, meta)
        return model

    def load_pretrained(self, model: keras.Model, meta: Meta) -> None:
        """Load the weights of the encoder. Raises DataError if they are not here, or do not fit."""
        if self.kind == "encoder":
            model.get_layer("encoder").load(weights_choice.weights_of(meta).tensors)

    @property
    def _uses_ngrams(self) -> bool:
        return self.kind in ("bow", "tfidf")

    def _sequence(self, split: Split) -> Ragged:
        return split.ragged("pieces") if self.kind == "encoder" else sequence_of(split)

    def _reader(self, meta: Meta) -> Reader:
        sizes = (sequence_size(meta), self.embedding, self.units, self.layers, self.dropout)
        return Reader(*sizes, name="encoder")

    def _terms(self, meta: Meta) -> tuple[dict[str, Tensor], Tensor]:
        terms = keras.Input((None,), dtype="int32", name="terms")
        weights = keras.Input((None,), dtype="float32", name="weights")
        x = TermSum(len(meta["terms"]), self.units, name="sum")(terms, weights)
        for number in range(1, self.layers):
            x = keras.layers.Dropout(self.dropout, name=f"drop_{number}")(x)
            x = keras.layers.Dense(self.units, "relu", name=f"dense_{number}")(x)
        return {"terms": terms, "weights": weights}, x

    def _words(self, meta: Meta) -> tuple[Tensor, Tensor]:
        words = keras.Input((None,), dtype="int32", name="words")
        lengths = Lengths(name="lengths")(words)
        if self.kind == "lm":
            _, x = self._reader(meta)(words)
        else:
            x = embedding(sequence_size(meta), self.embedding, name="embedding")(words)
            x = self._recurrent(keras.layers.Dropout(self.dropout, name="drop_embedding")(x), lengths)
        if self.pooling == "flatten":
            return words, SideBySide(meta["max_length"], name="flat")(x, lengths)
        pooled = []
        if self.kind != "embedding":
            pooled.append(Last(self.kind == "bilstm", name="last")(x, lengths))
        if self.kind in ("embedding", "lm") or self.pooling == "concat":
            pooled.append(MeanMax(name="pooled")(x, lengths))
        return words, keras.layers.Concatenate(name="text")(pooled) if len(pooled) > 1 else pooled[0]

    def _pieces(self, meta: Meta) -> tuple[Tensor, Tensor]:
        if "pretrained" not in meta:
            raise ConfigError(NEEDS_WEIGHTS)
        pieces = keras.Input((None,), dtype="int32", name="pieces")
        sizes = BertSizes.of_config(meta["pretrained"]["config"])
        return pieces, Bert(sizes, self.dropout, name="encoder")(pieces)

    def _recurrent(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Apply the recurrent layers of the kind to (B, T, E): none for `embedding`."""
        join = LayerJoint(self.residual, self.layer_norm)
        for number in range(self.layers if self.kind != "embedding" else 0):
            name = f"recurrent_{number}"
            inputs = keras.layers.Dropout(self.dropout, name=f"drop_{number}")(x) if number else x
            if self.kind == "bilstm":
                read = BidirectionalRNN("lstm", self.units, self.recurrent_dropout, name=name)(
                    inputs, lengths
                )
            else:
                settings = {"return_sequences": True, "recurrent_dropout": self.recurrent_dropout}
                read = CELLS[self.kind](self.units, name=name, **settings)(inputs)
            x = join(x, read, name)
        return x

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad examples to what the model trains on; labels (B,), weight 1 for each row."""
        return self._inputs(split, meta), split.plain("label"), np.ones(len(split), np.float32)

    def _inputs(self, split: Split, meta: Meta) -> Any:
        if not self._uses_ngrams:
            return self._sequence(split).padded(PAD)
        terms, counts = split.ragged("terms"), split.ragged("counts")
        # each repetition of a word adds less than the one before
        presence = Ragged(np.log1p(counts.values).astype(np.float32), counts.offsets)
        weights = weighted(split, meta) if self.kind == "tfidf" else presence
        return {"terms": terms.padded(PAD), "weights": weights.padded()}

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the n-grams, the words, the subwords, or the word pieces: (n,)."""
        return (split.ragged("terms") if self._uses_ngrams else self._sequence(split)).lengths

    def training_rows(self, split: Split) -> Split:
        """Return the labelled rows."""
        return labelled(split)

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict `label`, the index by `data.decision`, and `probabilities` of all."""
        probabilities = np.exp(log_softmax(self._logits(model, split, meta)))
        balanced = bool(meta["label_shares"])
        offsets = model.get_layer("decision").offsets.numpy() if balanced else np.zeros(len(meta["labels"]))
        return predictions(probabilities, decide(probabilities, offsets))

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Fit the temperature, and what decides on a label, to the labelled validation rows."""
        rows = labelled(split)
        truth = np.asarray(rows.plain("label"), np.int64)
        model.get_layer("head").calibrate(self._logits(model, rows, meta), truth)
        if meta["label_shares"]:
            probabilities = np.exp(log_softmax(self._logits(model, rows, meta)))
            offsets = LabelDecision.of_meta(meta).offsets(probabilities, truth)
            model.get_layer("decision").offsets.assign(offsets)

    def pretext(self) -> Objective | None:
        """Return next-word prediction if the kind is `lm`, else None."""
        return (
            Objective(LanguageModelNetwork(self._reader), NATS_PER_WORD, perplexity)
            if self.kind == "lm"
            else None
        )

    def _logits(self, model: keras.Model, split: Split, meta: Meta) -> npt.NDArray[np.float64]:
        logits = np.zeros((len(split), len(meta["labels"])))
        for rows in in_length_order(self.lengths(split), ROWS):
            logits[rows] = model.predict_on_batch(self._inputs(split.take(rows), meta))
        return logits


def load_word_vectors(model: keras.Model, meta: Meta) -> None:
    """Load pretrained word vectors into the embedding. Raises ConfigError if the dimensions differ."""
    vectors = meta["vectors"]
    if not vectors:
        return
    table = next(v for v in model.variables if v.path.endswith("embedding/embeddings"))
    if table.shape[1] != vectors["dimension"]:
        raise ConfigError(
            f"model.embedding is {table.shape[1]}, but the vectors of data.vectors have "
            f"{vectors['dimension']} dimensions. Set model.embedding to {vectors['dimension']}."
        )
    values = table.numpy()
    values[vectors["places"]] = rows_of(vectors)
    table.assign(values)
