"""Sentiment: texts with a label, split so that no text and no group stands on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Len

from seqops.arrays import Split
from seqops.blocks.inputs import check_characters
from seqops.blocks.scores.classes import class_scores
from seqops.blocks.sequences import UNKNOWN, unusual
from seqops.contract import (
    BadData,
    BadParams,
    Baseline,
    Count,
    Data,
    Expectation,
    Fraction,
    Goal,
    Meta,
    Plot,
    Positive,
    Score,
    Watched,
)
from seqops.store import Store
from seqops.tasks.sentiment import baselines, encoding, promises, reader, sample, show, splits, vectors


@dataclass(frozen=True)
class Task(Data):
    """Classification of texts.

    layout: `table` (a header, cells parted by tabs or commas), `lines` (text TAB label) or `folders` (an
    archive of train/<label>/*.txt and test/<label>/*.txt); text, label, group: columns of a table, no group:
    ""; labels: their values in order; names: how they are shown, none: as they are; ordered: the labels are
    steps of a scale; split: `grouped` draws groups, or texts where there are none, `published` keeps the
    test rows of the folders; test, validation: shares, the latter of what is not test; labelled: training
    rows that keep their label, 0 all; ngrams, features, stop_words: of the n-grams; minimum: texts that a
    word must stand in to be known; vocabulary: words known at most; longest: tokens that a sequence model
    reads; vectors: a file of word vectors, "" none; fewest, characters, agreement: what the texts are held
    to; reviews: of the sample.
    """

    layout: reader.Layout
    text: str
    label: str
    group: str
    labels: Annotated[tuple[str, ...], Len(2)]
    names: tuple[str, ...]
    ordered: bool
    split: Literal["grouped", "published"]
    test: Fraction
    validation: Fraction
    seed: Count
    labelled: Count
    lowercase: bool
    ngrams: Positive
    features: Positive
    stop_words: encoding.StopWords
    minimum: Positive
    vocabulary: Positive
    longest: Positive
    vectors: str
    fewest: Positive
    characters: Positive
    agreement: Fraction
    reviews: Positive

    registered_name: ClassVar[str] = "sentiment-classifier"
    # F1 of every class alike: on skewed classes, accuracy is best served by calling all of them the usual one
    goal: ClassVar[Goal] = Goal("macro_f1", higher_is_better=True)
    intended_use: ClassVar[str] = (
        "Sorts texts like those it was trained on by the opinion that they state, to count opinions or to "
        "order texts for a person to read."
    )
    limits: ClassVar[str] = (
        "It misreads irony, negation and contrast more often than plain praise (see the slices), and other "
        "kinds of text than those of its training. A single answer must not be relied on for a decision "
        "about the person who wrote the text."
    )

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.labels):
            raise BadParams(
                f"data.names has {len(self.names)} entries and data.labels {len(self.labels)}. "
                "Give one name a label, or none."
            )
        if len(set(self.labels)) < len(self.labels):
            raise BadParams("data.labels names a label twice. Name each once.")

    def sample(self) -> Mapping[str, bytes]:
        """Invent reviews in the format of the Rotten Tomatoes phrases."""
        return {"sample.tsv": sample.reviews(self.reviews, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row a text: text, label, group, and the split that the publisher gave it."""
        columns = reader.Columns(self.text, self.label, self.group)
        return reader.read_rows(raw, self.layout, columns, self.labels)

    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw test and validation rows, groups and equal texts together. Raises BadData."""
        return splits.assigned(table, self.split == "published", self.test, self.validation, self.seed)

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return promises.derived(super().facts(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise enough texts of every label, of sound length, and splits that share nothing."""
        return promises.promises(self.labels, self.fewest, self.characters, self.agreement)

    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn words, n-grams and their weights from the training texts, labelled or not."""
        texts = list(table["text"][split == "train"])
        sizes = (self.minimum, self.vocabulary, self.features)
        learnt = encoding.learn(texts, self._tokenizer, *sizes)
        found = self._vectors(learnt["words"]) if self.vectors else {}
        return {**learnt, "labels": list(self.names or self.labels), "vectors": found, "example": texts[0]}

    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode texts; training rows that keep no label have -1. Raises BadData for an unknown label."""
        labels = encoding.labels_of(table, self.labels)
        if (labels < 0).any():
            unknown = table["label"].to_numpy()[labels < 0][0]
            raise BadData(f"the label {unknown!r} is none of {', '.join(self.labels)} (data.labels). Add it.")
        training = np.flatnonzero(split == "train")
        labels[training[~splits.kept(labels[training], self.labelled, self.seed)]] = -1
        parts = {name: np.flatnonzero(split == name) for name in splits.SPLITS}
        texts, encoder = table["text"].to_numpy(object), self._encoder(meta)
        return {
            name: Split({**encoder.encode(list(texts[rows])).columns, "label": labels[rows]})
            for name, rows in parts.items()
        }

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Give the usual label; draw by the shares of the labels; weigh n-grams."""
        train, rows, classes = splits["train"], len(splits["test"]), len(meta["labels"])
        return [
            Baseline("usual label", "trivial", baselines.majority(train, rows, classes)),
            Baseline("drawn label", "trivial", baselines.prior(train, rows, classes, self.seed)),
            Baseline("tf-idf regression", "classical", baselines.regression(splits, meta, classes)),
        ]

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score labels (macro F1, accuracy, and distances on a scale) and probabilities (ECE, log loss)."""
        labels, found = self._labels(predicted, truth)
        classes = len(meta["labels"])
        return class_scores(labels, found, _probabilities(predicted, classes), classes, self.ordered)

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Name the texts with a negation, with a word that training does not know, and lengths."""
        texts, words = truth.ragged("texts").texts(), truth.ragged("words")
        unknown = np.repeat(np.arange(len(words)), words.lengths)[words.values == UNKNOWN]
        negated, unseen = show.negated(texts), np.isin(np.arange(len(words)), unknown)
        return {"negation": negated, "no negation": ~negated, "unknown word": unseen, **show.by_length(texts)}

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Watch the length of a text, the share of its words that are not frequent, and its label, if any."""
        words, labels = split.ragged("words"), split.plain("label")
        return {
            "words of a text": words.lengths,
            "infrequent words": unusual(words, meta["frequent"]),
            "label": np.array(meta["labels"])[labels[labels >= 0]],
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each text, its label, and the label predicted with its confidence."""
        labels, found = self._labels(predicted, truth)
        return pd.DataFrame(
            {
                "input": truth.ragged("texts").texts(),
                "truth": [meta["labels"][label] for label in labels],
                "predicted": [meta["labels"][label] for label in found],
                "confidence": [f"{value:.2f}" for value in self._confidence(predicted, meta)],
            }
        )

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw the confusion of labels, the worth of confidence, and accuracy by length."""
        labels, found = self._labels(predicted, truth)
        right, texts = labels == found, truth.ragged("texts").texts()
        return [
            show.confusion(labels, found, meta["labels"]),
            show.reliability(self._confidence(predicted, meta), right),
            show.lengths(texts, right),
        ]

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw texts. Raises BadData for an empty or an overlong one."""
        check_characters(inputs)
        for place, text in enumerate(inputs, 1):
            if not text.strip():
                raise BadData(f"input {place} is empty. Give a text.")
            if len(text) > self.characters:
                what = f"input {place} has {len(text)} characters, more than {self.characters}"
                raise BadData(f"{what} (data.characters). Give a shorter text.")
        return self._encoder(meta).encode(list(inputs))

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the likeliest label and the probability of each."""
        rows = zip(inputs, predicted["label"], predicted["probabilities"], strict=True)
        return [
            {
                "text": text,
                "label": meta["labels"][label],
                "probabilities": dict(zip(meta["labels"], map(float, values), strict=True)),
            }
            for text, label, values in rows
        ]

    def request_example(self, meta: Meta) -> str:
        """Return the first training text."""
        return str(meta["example"])

    def _vectors(self, words: Sequence[str]) -> Meta:
        return vectors.read_vectors(Store.find().root / Path(self.vectors).expanduser(), words)

    @property
    def _tokenizer(self) -> encoding.Tokenizer:
        return encoding.Tokenizer(self.lowercase, self.ngrams, self.stop_words)

    def _encoder(self, meta: Meta) -> encoding.Encoder:
        return encoding.Encoder.of(self._tokenizer, self.longest, meta)

    def _labels(
        self, predicted: pd.DataFrame, truth: Split
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        labels = np.asarray(truth.plain("label"), np.int64)
        return labels, predicted["label"].to_numpy(np.int64)

    def _confidence(self, predicted: pd.DataFrame, meta: Meta) -> npt.NDArray[np.float64]:
        rows = np.arange(len(predicted))
        values = _probabilities(predicted, len(meta["labels"]))[rows, predicted["label"].to_numpy(np.int64)]
        return np.asarray(values, np.float64)


def _probabilities(predicted: pd.DataFrame, classes: int) -> npt.NDArray[np.float64]:
    cells = [np.asarray(row, np.float64) for row in predicted["probabilities"]]
    return np.array(cells, np.float64).reshape(-1, classes)
