"""Dataset of the sentiment task: labelled texts, split by group so that no text occurs in two splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Len

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.errors import ConfigError, DataError, quoted
from seqops.core.interfaces import Meta
from seqops.core.project import Project
from seqops.core.ragged import Split
from seqops.core.records import Expectation
from seqops.core.score import GROUP
from seqops.preprocessing import few_labels, near_duplicates
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.preprocessing.splitting import group_codes, rows_by_split
from seqops.tasks.sentiment.data import (
    checks,
    encoding,
    lexicon,
    pretrained_encoder,
    reader,
    sample,
    splits,
    word_vectors,
)

SEQUENCE_KINDS = ("embedding", "lstm", "gru", "bilstm", "lm")
"""The `model.kind`s that read a text as a sequence of `data.tokens`."""


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Labelled texts.

    Attributes
    ----------
    layout
        `table`: cells separated by tabs, commas or semicolons; `lines`: text TAB label; `folders`: an archive
        of train/<label>/*.txt and test/<label>/*.txt.
    text, label
        Column name in a table, or its number, from 0, in one without a header; other layouts ignore it.
    group
        Column of a table whose equal values stay in one split, such as the document of a sentence; "": none.
    labels
        Values of the labels, in order; two or more.
    names
        Display names of the labels, in the same order; empty: the labels themselves.
    ordered
        Whether the labels are steps of a scale; then kappa and the mean error in steps are scored too.
    decision
        What label follows from probabilities, in every model and baseline: the `likeliest`; or, `balanced`,
        that with the highest probability over a power of its class's share, which raises the macro-F1 where
        classes are rare. The power is chosen on validation rows; the probabilities are the same.
    split
        `grouped`: draw groups, or texts without a group, at random; `near`: the same, with clusters of
        near-duplicates drawn together; `published`: keep the folder test as the test split, and validation,
        valid, val or dev as that. Files that `source` names for splits are used as they are.
    test
        Share of the groups in the test split; `published` ignores it.
    validation
        Share of the remaining groups in the validation split.
    seed
        Random seed of the splits, of the labels that are kept, of the sample and of the baselines.
    max_labelled
        Training rows that keep their label; the others serve vocabularies and pretraining only. 0: all.
    lowercase
        Whether texts are converted to lower case.
    ngrams
        Number of words of the longest n-gram.
    features
        Maximum number of n-grams, the most frequent ones.
    stop_words
        Words left out of the n-grams: `none`, or the `english` list of scikit-learn, which includes "not".
    min_count
        Training texts that a word or n-gram must occur in; rarer words become the unknown word.
    tokens
        What a sequence model reads: `word`, words and punctuation marks; or `bpe`, subwords learnt from the
        training texts (Sennrich et al. 2016), of which none is unknown. An encoder has word pieces.
    vocabulary
        Maximum number of words, the most frequent ones, or of subwords, 256 bytes among them.
    max_length
        Words and punctuation marks, subwords, or word pieces of an encoder, of a text that a sequence model
        reads; the rest is cut off.
    vectors
        File of pretrained word vectors (GloVe, word2vec as text, fastText), relative to the project
        root; "": none.
    lexicon
        File of words and weights, separated by a tab or a comma, relative to the project root, whose sums are
        a baseline; "": none.
    pretrained
        Name of pretrained weights (`seqops weights`) whose encoder `model.kind: encoder` is, and whose word
        pieces texts are encoded as; "": none.
    min_rows
        Minimum number of texts; smaller data is rejected.
    max_chars
        Maximum number of characters of a text; longer ones are rejected.
    min_label_agreement
        Minimum share of the rows whose text has no other label elsewhere.
    reviews
        Number of reviews in the generated sample.
    """

    layout: reader.Layout
    text: str
    label: str
    group: str
    labels: Annotated[tuple[str, ...], Len(2)]
    names: tuple[str, ...]
    ordered: bool
    decision: Literal["likeliest", "balanced"]
    split: splits.Split
    test: Fraction
    validation: Fraction
    seed: Count
    max_labelled: Count
    lowercase: bool
    ngrams: Positive
    features: Positive
    stop_words: encoding.StopWords
    min_count: Positive
    tokens: Literal["word", "bpe"]
    vocabulary: Positive
    max_length: Positive
    vectors: str
    lexicon: str
    pretrained: str
    min_rows: Positive
    max_chars: Positive
    min_label_agreement: Fraction
    reviews: Positive

    registered_name: ClassVar[str] = "sentiment-classifier"
    takes_named_splits: ClassVar[bool] = True
    reads_vectors: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.labels):
            raise ConfigError(
                f"data.names has {len(self.names)} entries and data.labels {len(self.labels)}. "
                "Give one name per label, or none."
            )
        if len(set(self.labels)) < len(self.labels):
            raise ConfigError("data.labels contains a label twice. List each label once.")
        if self.tokens == "bpe" and self.vectors:
            raise ConfigError("data.vectors are those of words. Set data.tokens to word, or vectors to none.")

    def sample(self) -> Mapping[str, bytes]:
        """Generate reviews in the format of the Rotten Tomatoes phrases."""
        return {"sample.tsv": sample.reviews(self.reviews, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row per text: text, label, group, and the published split."""
        columns = reader.ColumnNames(self.text, self.label, self.group)
        return reader.read_rows(raw, self.layout, columns, self.labels)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw splits, groups and equal texts together. Raises DataError if a split would be empty."""
        return splits.assigned(table, self.split, self.test, self.validation, self.seed)

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the checks read."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Check the number of texts, every label, the length of texts, and that splits share nothing."""
        return checks.expectations(self.labels, self.min_rows, self.max_chars, self.min_label_agreement)

    def check_model(self, model: Mapping[str, Any]) -> None:
        """Raise ConfigError for an encoder without pretrained weights, or subwords that no kind reads."""
        kind = str(model["kind"])
        pretrained_encoder.check_model(kind, self.pretrained)
        if self.tokens == "bpe" and kind not in SEQUENCE_KINDS:
            raise ConfigError(
                f"model.kind {kind} reads no subwords. Set data.tokens to word, or choose one of "
                f"{', '.join(SEQUENCE_KINDS)}."
            )

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count held-out texts with a near-duplicate in training, and copies of them that are left out."""
        return {**near_duplicates.counts(checked), **checks.left_out(checked)}

    def training_words(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[list[str]]:
        """Return the words and punctuation marks of each training text, labelled or not."""
        return [self._tokenizer.tokens(text) for text in table["text"][split == "train"]]

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn words or subwords, n-grams and their weights from the training texts, labelled or not."""
        texts = list(table["text"][split == "train"])
        sizes = (self.min_count, self.vocabulary, self.features)
        vocabularies = encoding.fit_text_encoding(texts, self._tokenizer, *sizes)
        vectors = self._vectors(vocabularies["words"]) if self.vectors else {}
        subwords = (
            encoding.fit_subwords(texts, self._tokenizer, self.vocabulary) if self.tokens == "bpe" else {}
        )
        weights = pretrained_encoder.meta_of(self.pretrained, self.max_length) if self.pretrained else {}
        return {
            **vocabularies,
            "labels": list(self.names or self.labels),
            "label_shares": self._label_shares(table, split) if self.decision == "balanced" else [],
            "vectors": vectors,
            "max_length": self.max_length,
            "example": texts[0],
            **subwords,
            **self._lexicon(texts),
            **weights,
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode texts; training rows without a label have -1. Raises DataError if a label is unknown."""
        labels = self._kept_labels(table, split)
        parts = rows_by_split(split)
        texts, encoder = table["text"].to_numpy(object), self.encoder(meta)
        groups, near = splits.groups_of(table), near_duplicates.flags(list(texts), split)
        shared = Split(
            {GROUP: group_codes(groups), KEYS: keys_column(groups, splits.keys_of(table)), "label": labels}
        )
        return {
            name: near_duplicates.with_flags(
                Split({**encoder.encode(list(texts[rows])).columns, **shared.take(rows).columns}),
                near[rows],
            )
            for name, rows in parts.items()
        }

    def _kept_labels(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
        """Return the labels of all rows, -1 for training rows that do not keep theirs: (n,)."""
        labels = encoding.labels_of(table, self.labels)
        if (labels < 0).any():
            unknown = table["label"].to_numpy()[labels < 0][0]
            raise DataError(
                f"the label {quoted(unknown)} is not one of {', '.join(self.labels)} (data.labels). Add it."
            )
        training = np.flatnonzero(split == "train")
        labels[training[~few_labels.kept(labels[training], self.max_labelled, self.seed)]] = -1
        return np.asarray(labels, np.int64)

    def _label_shares(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[float]:
        return encoding.shares_of(self._kept_labels(table, split)[split == "train"], len(self.labels))

    def _vectors(self, words: Sequence[str]) -> Meta:
        return word_vectors.read_vectors(_beside_params(self.vectors), words)

    def _lexicon(self, texts: Sequence[str]) -> Meta:
        if not self.lexicon:
            return {}
        return lexicon.read_lexicon(_beside_params(self.lexicon), self._tokenizer, texts)

    @property
    def _tokenizer(self) -> encoding.NgramTokenizer:
        return encoding.NgramTokenizer(self.lowercase, self.ngrams, self.stop_words)

    def encoder(self, meta: Meta) -> encoding.TextEncoder:
        """Return the text encoder with the vocabularies of `meta`."""
        return encoding.TextEncoder.from_meta(self._tokenizer, self.max_length, meta)


def _beside_params(name: str) -> Path:
    """Return a file that a setting names, relative to the project root."""
    return Project.find().root / Path(name).expanduser()
