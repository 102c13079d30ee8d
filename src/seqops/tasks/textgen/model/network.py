"""Network of the textgen task: batches, negative log-likelihood and generation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Le

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, NonNegative, Positive, Rate
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.ragged import Split
from seqops.nn.batching import in_length_order
from seqops.nn.language_encoder import LanguageEncoder
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.softmax import TemperedSoftmax
from seqops.nn.temperature_scaling import temperature
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.metrics import costs
from seqops.tasks.textgen.model import generation, prompts, samples
from seqops.tasks.textgen.model.carried_state import CarriedState
from seqops.tasks.textgen.model.character_model import KneserNey
from seqops.tasks.textgen.model.language_model import LanguageModel
from seqops.tasks.textgen.model.mixture import KneserNeyMixture
from seqops.tasks.textgen.model.windowed_transformer import WindowedTransformer

BATCH = 32
"""Passages scored at once."""

PASSAGES = 200
"""Maximum number of validation passages that the temperature is fitted to."""


@dataclass(frozen=True)
class Network(interfaces.Network):
    """A recurrent or a causal transformer language model (Graves 2013; Vaswani et al. 2017).

    Attributes
    ----------
    kind
        Type of the layers: `lstm`, `gru`, or a causal `transformer`; or `kneser_ney`: n-grams of characters
        without a network, for which only the last five keys of `model` have a meaning, and none of `fit`.
    mixture
        `kneser_ney` mixes the probabilities of the network with those of these n-grams; `none`: the network
        alone.
    embedding
        Dimensions of a token embedding of a recurrent model; a transformer uses `units`.
    units
        Units of a recurrent layer, or model width of a transformer, a multiple of `heads`.
    layers
        Number of layers.
    heads
        Attention heads of a transformer; recurrent kinds ignore it.
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
        same width.
    tie_embeddings
        Whether the softmax shares the weights of the embedding; the last recurrent layer then has its width.
    precision
        Precision of the matrix products of an LSTM in training; `bfloat16` is faster on processors that
        support it.
    stateful
        Whether, in training, each window starts from the state at the end of the previous one (Mikolov et
        al. 2010), or from zeros, with windows in any order. A transformer needs false.
    temperature
        Sampling temperature if a request gives none; 0: the most likely token.
    top_k
        Number of most likely tokens to sample from if a request gives none; 0: all.
    top_p
        Probability of the most likely tokens to sample from if a request gives none; 1: all.
    length
        Number of tokens to generate if a request gives none.
    seed
        Random seed of the sampling if a request gives none.
    """

    kind: Literal["lstm", "gru", "transformer", "kneser_ney"]
    mixture: Literal["none", "kneser_ney"]
    embedding: Positive
    units: Positive
    layers: Positive
    heads: Positive
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool
    tie_embeddings: bool
    precision: Literal["float32", "bfloat16"]
    stateful: bool
    temperature: NonNegative
    top_k: Count
    top_p: Fraction
    length: Annotated[Positive, Le(100_000)]
    seed: Count

    def __post_init__(self) -> None:
        if self.kind == "transformer" and self.stateful:
            raise ValueError("a transformer carries no state from batch to batch: set stateful to false")
        if self.kind == self.mixture:
            raise ValueError("a model is not mixed with itself: set mixture to none, or kind to a network")
        if self.kind == "transformer" and self.units % self.heads:
            raise ValueError(f"units must be a multiple of heads, got {self.units} and {self.heads}")

    def configured(self) -> Model:
        """Return the n-gram model, if that is the kind, or else this network, alone or mixed with it."""
        ngrams = KneserNey(self.temperature, self.top_k, self.top_p, self.length, self.seed)
        if self.kind == "kneser_ney":
            return ngrams
        return self if self.mixture == "none" else KneserNeyMixture(self, ngrams)

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model for the tokens of `meta`."""
        model = self._model(
            meta["size"], tokenizer.tokenizer_from_meta(meta).n_special_tokens, meta["window"]
        )
        model({"tokens": np.ones((1, 2), np.int32), "start": np.zeros(1, np.int64)})
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def _model(self, vocabulary: int, n_special_tokens: int, window: int) -> LanguageModel:
        if self.kind == "transformer":
            sizes = (vocabulary, self.units, self.layers, self.heads, self.dropout, window)
            transformer = WindowedTransformer(*sizes, name="encoder")
            head = self._head(transformer.embedding, vocabulary, "float32")
            return LanguageModel(transformer, head, n_special_tokens, name="writer")
        encoder = LanguageEncoder(
            "lstm" if self.kind == "lstm" else "gru",
            vocabulary,
            self.embedding,
            self.units,
            self.layers,
            self.dropout,
            self.tie_embeddings,
            self.precision,
            self.recurrent_dropout,
            LayerJoint(self.residual, self.layer_norm),
            name="encoder",
        )
        head = self._head(encoder.embedding, vocabulary, self.precision)
        model = LanguageModel(encoder, head, n_special_tokens, name="writer")
        model.carried_state = CarriedState(encoder) if self.stateful else None
        return model

    def _head(self, embedding: keras.layers.Embedding, vocabulary: int, precision: str) -> TemperedSoftmax:
        return TemperedSoftmax(
            vocabulary, embedding if self.tie_embeddings else None, precision, name="softmax"
        )

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad windows (B, T); the labels are flat, of real tokens only: (N,)."""
        rows = split.ragged("tokens")
        first = np.zeros(len(rows.values), np.bool_)
        first[rows.offsets[:-1]] = True
        truth = rows.values[~first]
        inputs = {"tokens": rows.padded(PAD)[:, :-1], "start": split.plain("start")}
        short = rows.lengths - 1 < inputs["tokens"].shape[1]
        inputs["tokens"][short, rows.lengths[short] - 1] = PAD  # the last token is only a label
        # every token of an epoch has the same weight, however many its batch has
        weight = len(truth) / (len(split) * meta["window"])
        return inputs, truth, np.full(len(truth), weight, np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the tokens that each row predicts: (n,)."""
        return split.ragged("tokens").lengths - 1

    def order(self, split: Split, batch_size: int) -> Sequence[npt.NDArray[np.int64]] | None:
        """Order the windows so that row i of a batch continues row i of the previous batch."""
        return streams(len(split), batch_size) if self.stateful else None

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Return the negative log-likelihood of held-out passages, or continuations of prompts."""
        if "scored" in split.columns:
            return self._cost(model, split, meta)
        requests = prompts.with_defaults(split, vars(self))
        texts = generation.texts(model, requests, tokenizer.tokenizer_from_meta(meta))
        return pd.DataFrame({"text": texts, **{name: requests.plain(name) for name in prompts.SETTINGS}})

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Fit the temperature to validation passages: a network that fits closely is overconfident."""
        indices = np.unique(np.linspace(0, len(split) - 1, min(len(split), PASSAGES)).astype(np.int64))
        some = split.take(indices)

        def nats_per_token(value: float) -> float:
            model.head.temperature.assign(value)
            return float(self._cost(model, some, meta)["nats"].sum() / some.plain("scored").sum())

        model.head.temperature.assign(temperature(nats_per_token))

    def stream(self, model: keras.Model, split: Split, meta: Meta) -> Iterator[str]:
        """Generate a continuation of one prompt, piece by piece."""
        requests = prompts.with_defaults(split, vars(self))
        return generation.pieces(model, requests, tokenizer.tokenizer_from_meta(meta))

    def generated_samples(self, model: keras.Model, meta: Meta) -> pd.DataFrame:
        """Generate continuations of the training text's first words at rising temperatures."""
        return samples.generated(self, model, meta)

    def _cost(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        rows, scored = split.ragged("tokens"), split.plain("scored")
        nats = np.zeros(len(rows.values))
        for some in in_length_order(rows.lengths, BATCH):
            part = rows.take(some)
            found = model.costs(
                part.padded(PAD), part.lengths.astype(np.int32), scored[some].astype(np.int32)
            )
            indices = [np.arange(e - n, e) for e, n in zip(rows.offsets[some + 1], scored[some], strict=True)]
            nats[np.concatenate(indices)] = found.numpy()
        return costs(split, nats, tokenizer.tokenizer_from_meta(meta))


def streams(windows: int, batch_size: int) -> list[npt.NDArray[np.int64]]:
    """Split `windows` windows into `batch_size` streams, and return the batches that read them in parallel.

    The last batches may have fewer rows: those of the streams that have not ended, which are the first.
    """
    length = -(-windows // batch_size)
    starts = np.arange(0, windows, length)
    batches = [starts + step for step in range(length)]
    return [rows[rows < windows] for rows in batches]
