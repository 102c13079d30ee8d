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
from seqops.core.errors import BadData, BadParams
from seqops.core.interfaces import Expectation, Meta
from seqops.core.project import Store
from seqops.core.ragged import Split
from seqops.tasks.sentiment.data import checks, encoding, reader, sample, splits, word_vectors


@dataclass(frozen=True)
class Task(interfaces.Dataset):
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
        return checks.derived(super().facts(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise enough texts of every label, of sound length, and splits that share nothing."""
        return checks.promises(self.labels, self.fewest, self.characters, self.agreement)

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
        texts, encoder = table["text"].to_numpy(object), self.encoder(meta)
        return {
            name: Split({**encoder.encode(list(texts[rows])).columns, "label": labels[rows]})
            for name, rows in parts.items()
        }

    def _vectors(self, words: Sequence[str]) -> Meta:
        return word_vectors.read_vectors(Store.find().root / Path(self.vectors).expanduser(), words)

    @property
    def _tokenizer(self) -> encoding.Tokenizer:
        return encoding.Tokenizer(self.lowercase, self.ngrams, self.stop_words)

    def encoder(self, meta: Meta) -> encoding.Encoder:
        """Return what encodes texts as the meta has learnt it."""
        return encoding.Encoder.of(self._tokenizer, self.longest, meta)
