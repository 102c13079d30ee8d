"""The language model as a task's network: batches that follow one another, costs, and writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Le

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, NonNegative, Positive, Rate
from seqops.core.interfaces import Batch, Meta
from seqops.core.ragged import Split
from seqops.nn.batching import in_length_order
from seqops.nn.language_encoder import LanguageEncoderConfig
from seqops.nn.temperature_scaling import temperature
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.metrics import costs
from seqops.tasks.textgen.model import generation, prompts
from seqops.tasks.textgen.model.language_model import LanguageModel, recurrent, windowed_transformer
from seqops.tasks.textgen.model.windowed_transformer import WindowedTransformer

BATCH = 32
"""Passages that are scored at once."""

PASSAGES = 200
"""Of the validation text, at most so many set the temperature."""

TEMPERATURES = (0.2, 0.5, 1.0, 1.2)


@dataclass(frozen=True)
class Network(interfaces.Network):
    """A recurrent or a causal transformer language model (Graves 2013; Vaswani et al. 2017).

    kind: of the layers; embedding: width of a recurrent model's (a transformer's is `units`); heads: of a
    transformer; tie_embeddings: the softmax shares the embedding, and the last recurrent layer has its width;
    precision: of an LSTM's big products in training; stateful: while it learns, each window goes on from
    the state in which the window before it ended (Mikolov et al. 2010), else from nothing, windows in any
    order; temperature, top_k, top_p, length, seed: of writing, where a request does not say.
    """

    kind: Literal["lstm", "gru", "transformer"]
    embedding: Positive
    units: Positive
    layers: Positive
    heads: Positive
    dropout: Rate
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
        if self.kind == "transformer" and self.units % self.heads:
            raise ValueError(f"units must be a multiple of heads, got {self.units} and {self.heads}")

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
            return windowed_transformer(
                WindowedTransformer(*sizes, name="encoder"), vocabulary, self.tie_embeddings, n_special_tokens
            )
        sizes_ = LanguageEncoderConfig(
            kind=self.kind,
            vocabulary=vocabulary,
            embedding=self.embedding,
            units=self.units,
            layers=self.layers,
            dropout=self.dropout,
            tie_embeddings=self.tie_embeddings,
            precision=self.precision,
        )
        return recurrent(sizes_, n_special_tokens, self.stateful)

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad windows (B, T); the truth is flat, of real tokens only: (N,)."""
        rows = split.ragged("tokens")
        first = np.zeros(len(rows.values), np.bool_)
        first[rows.offsets[:-1]] = True
        truth = rows.values[~first]
        inputs = {"tokens": rows.padded(PAD)[:, :-1], "start": split.plain("start")}
        short = rows.lengths - 1 < inputs["tokens"].shape[1]
        inputs["tokens"][short, rows.lengths[short] - 1] = PAD  # its last token is only to be told
        # every token of an epoch weighs the same, however many its batch has
        weight = len(truth) / (len(split) * meta["window"])
        return inputs, truth, np.full(len(truth), weight, np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Count the tokens that each row tells: (n,)."""
        return split.ragged("tokens").lengths - 1

    def order(self, split: Split, batch_size: int) -> Sequence[npt.NDArray[np.int64]] | None:
        """Lay the windows out so that row i of a batch goes on where row i of the one before ended."""
        return streams(len(split), batch_size) if self.stateful else None

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Say what each held-out passage costs, or write on from each prompt, as the split asks."""
        if "scored" in split.columns:
            return self._cost(model, split, meta)
        asked = self._filled(split)
        texts = generation.texts(model, asked, tokenizer.tokenizer_from_meta(meta))
        return pd.DataFrame({"text": texts, **{name: asked.plain(name) for name in prompts.SETTINGS}})

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Set the temperature by validation passages: a network that fits closely is too sure of itself."""
        places = np.unique(np.linspace(0, len(split) - 1, min(len(split), PASSAGES)).astype(np.int64))
        some = split.take(places)

        def surprise(heat: float) -> float:
            model.head.temperature.assign(heat)
            return float(self._cost(model, some, meta)["nats"].sum() / some.plain("scored").sum())

        model.head.temperature.assign(temperature(surprise))

    def stream(self, model: keras.Model, split: Split, meta: Meta) -> Iterator[str]:
        """Write on from one prompt, piece by piece."""
        return generation.pieces(model, self._filled(split), tokenizer.tokenizer_from_meta(meta))

    def generated_samples(self, model: keras.Model, meta: Meta) -> pd.DataFrame:
        """Write on from how the training text begins, from cold to hot."""
        prompt = meta["example"]
        asked = [prompts.Prompt(prompt=prompt, temperature=t, top_k=0, top_p=1.0) for t in TEMPERATURES]
        found = self.predict(model, prompts.encoded(asked, tokenizer.tokenizer_from_meta(meta)), meta)
        return pd.DataFrame(
            {
                "temperature": [f"{t:g}" for t in TEMPERATURES],
                "text": [prompt + text for text in found["text"]],
            }
        )

    def _cost(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        rows, scored = split.ragged("tokens"), split.plain("scored")
        nats = np.zeros(len(rows.values))
        for some in in_length_order(rows.lengths, BATCH):
            part = rows.take(some)
            found = model.costs(
                part.padded(PAD), part.lengths.astype(np.int32), scored[some].astype(np.int32)
            )
            places = [np.arange(e - n, e) for e, n in zip(rows.offsets[some + 1], scored[some], strict=True)]
            nats[np.concatenate(places)] = found.numpy()
        return costs(split, nats, tokenizer.tokenizer_from_meta(meta))

    def _filled(self, split: Split) -> Split:
        """Fill in what the requests left to the model."""
        columns: dict[str, Any] = {"tokens": split.ragged("tokens")}
        for name in prompts.SETTINGS:
            said = split.plain(name)
            columns[name] = np.where(said == prompts.UNSET, getattr(self, name), said).astype(said.dtype)
        return Split(columns)


def streams(windows: int, batch_size: int) -> list[npt.NDArray[np.int64]]:
    """Cut so many windows to `batch_size` streams, and lay out the batches that read them side by side.

    Later batches have fewer rows, those of the streams that are not at their end: the first ones.
    """
    length = -(-windows // batch_size)
    starts = np.arange(0, windows, length)
    batches = [starts + step for step in range(length)]
    return [rows[rows < windows] for rows in batches]
