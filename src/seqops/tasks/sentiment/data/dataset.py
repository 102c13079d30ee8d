"""Sentiment: texts with a label, split so that no text and no group stands on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Len

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.errors import ConfigError, DataError
from seqops.core.interfaces import Expectation, Meta
from seqops.core.project import Project
from seqops.core.ragged import Split
from seqops.tasks.sentiment.data import checks, encoding, reader, sample, splits, word_vectors


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Classification of texts.

    layout: `table` (a header, cells parted by tabs or commas), `lines` (text TAB label) or `folders` (an
    archive of train/<label>/*.txt and test/<label>/*.txt); text, label, group: columns of a table, no group:
    ""; labels: their values in order; names: how they are shown, none: as they are; ordered: the labels are
    steps of a scale; split: `grouped` draws groups, or texts where there are none, `published` keeps the
    test rows of the folders; test, validation: shares, the latter of what is not test; max_labelled: training
    rows that keep their label, 0 all; ngrams, features, stop_words: of the n-grams; min_count: texts that a
    word must stand in to be known; vocabulary: words known at most; max_length: tokens that a sequence model
    reads; vectors: a file of word vectors, "" none; min_rows, max_chars, min_label_agreement: what the texts
    are held to; reviews: of the sample.
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
    max_labelled: Count
    lowercase: bool
    ngrams: Positive
    features: Positive
    stop_words: encoding.StopWords
    min_count: Positive
    vocabulary: Positive
    max_length: Positive
    vectors: str
    min_rows: Positive
    max_chars: Positive
    min_label_agreement: Fraction
    reviews: Positive

    registered_name: ClassVar[str] = "sentiment-classifier"

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.labels):
            raise ConfigError(
                f"data.names has {len(self.names)} entries and data.labels {len(self.labels)}. "
                "Give one name a label, or none."
            )
        if len(set(self.labels)) < len(self.labels):
            raise ConfigError("data.labels names a label twice. Name each once.")

    def sample(self) -> Mapping[str, bytes]:
        """Invent reviews in the format of the Rotten Tomatoes phrases."""
        return {"sample.tsv": sample.reviews(self.reviews, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row a text: text, label, group, and the split that the publisher gave it."""
        columns = reader.ColumnNames(self.text, self.label, self.group)
        return reader.read_rows(raw, self.layout, columns, self.labels)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw test and validation rows, groups and equal texts together. Raises DataError."""
        return splits.assigned(table, self.split == "published", self.test, self.validation, self.seed)

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise enough texts of every label, of sound length, and splits that share nothing."""
        return checks.expectations(self.labels, self.min_rows, self.max_chars, self.min_label_agreement)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn words, n-grams and their weights from the training texts, labelled or not."""
        texts = list(table["text"][split == "train"])
        sizes = (self.min_count, self.vocabulary, self.features)
        learnt = encoding.fit_text_encoding(texts, self._tokenizer, *sizes)
        found = self._vectors(learnt["words"]) if self.vectors else {}
        return {**learnt, "labels": list(self.names or self.labels), "vectors": found, "example": texts[0]}

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode texts; training rows that keep no label have -1. Raises DataError for an unknown label."""
        labels = encoding.labels_of(table, self.labels)
        if (labels < 0).any():
            unknown = table["label"].to_numpy()[labels < 0][0]
            raise DataError(
                f"the label {unknown!r} is none of {', '.join(self.labels)} (data.labels). Add it."
            )
        training = np.flatnonzero(split == "train")
        labels[training[~splits.kept(labels[training], self.max_labelled, self.seed)]] = -1
        parts = {name: np.flatnonzero(split == name) for name in splits.SPLITS}
        texts, encoder = table["text"].to_numpy(object), self.encoder(meta)
        return {
            name: Split({**encoder.encode(list(texts[rows])).columns, "label": labels[rows]})
            for name, rows in parts.items()
        }

    def _vectors(self, words: Sequence[str]) -> Meta:
        return word_vectors.read_vectors(Project.find().root / Path(self.vectors).expanduser(), words)

    @property
    def _tokenizer(self) -> encoding.NgramTokenizer:
        return encoding.NgramTokenizer(self.lowercase, self.ngrams, self.stop_words)

    def encoder(self, meta: Meta) -> encoding.TextEncoder:
        """Return what encodes texts as the meta has learnt it."""
        return encoding.TextEncoder.from_meta(self._tokenizer, self.max_length, meta)
