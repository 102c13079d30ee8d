"""Dataset of the named entity task: sentences with typed spans of tokens and of characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Expectation
from seqops.preprocessing import near_duplicates, splitting
from seqops.preprocessing.named_splits import concat_files, leaked_counts
from seqops.preprocessing.scripts import are_characters
from seqops.tasks.ner.data import checks, encoding, reader, sample, splits
from seqops.tasks.ner.data.alignment import gold_spans
from seqops.tasks.ner.data.sentence import Sentence


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Sentences for named entity recognition.

    Attributes
    ----------
    layout
        Format of the files: `klp` (`;` text, `$` annotated text, then tokens) or `conll` (columns).
    types
        Entity types.
    split
        `grouped` keeps sentences of the same text in one split; `near` keeps clusters of near-duplicates in
        one split, too; `documents` keeps whole documents in one split; `published` draws test rows of a
        single file one by one, as the published results on KLP do. Files that `source` names for splits are
        used as they are.
    test
        Share of the sentences for testing.
    validation
        Share of the remaining sentences, for validation.
    seed
        Seed of the split and of the sample.
    tokens
        Tokens trained on: `corpus` (those of the annotation), `raw` (those of the tokenizer) or `both`.
    tokenizer
        Tokenizer of raw text: `kiwi` (Korean morphemes), `whitespace` (words and punctuation, without
        parts of speech) or `character` (for corpora with a character per token, without parts of speech).
    vectors
        `kiwi`: the vectors of morphemes in Kiwi's language model are inputs, also those of morphemes that
        training does not have; needs the tokenizer `kiwi`. `none`: they are not.
    min_count
        Occurrences in training that a word needs to be in the vocabulary.
    width
        Leading characters read of a token.
    max_length
        Maximum tokens of a sentence.
    sentences
        Sentences of the generated sample.
    """

    layout: Literal["klp", "conll"]
    types: tuple[str, ...]
    split: splits.Split
    test: Fraction
    validation: Fraction
    seed: Count
    tokens: encoding.TrainedView
    tokenizer: encoding.TokenizerName
    vectors: Literal["none", "kiwi"]
    min_count: Positive
    width: Positive
    max_length: Positive
    sentences: Positive

    registered_name: ClassVar[str] = "ner-tagger"
    takes_named_splits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.vectors != "none" and self.tokenizer != "kiwi":
            raise ValueError("vectors of Kiwi need its tokenizer: set tokenizer to kiwi, or vectors to none")

    def sample(self) -> Mapping[str, bytes]:
        """Generate sentences in the KLP format."""
        return {"sample.txt": sample.corpus(self.sentences, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row per sentence: text, tokens, tags in IOB2, and spans of characters.

        If a file has documents, `document` is the hash of the text of that of each sentence.
        """
        return concat_files(raw, [_table(reader.sentences(path, self.layout)) for path in raw])

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw the test rows, then the validation rows from the rest; see `splits.assigned`."""
        return splits.assigned(table, self.split, self.test, self.validation, self.seed)

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the expectations check."""
        return checks.with_checked_columns(super().with_checked_columns(table), self.types)

    def expectations(self) -> Sequence[Expectation]:
        """Expect valid tags and lengths, texts that match their tokens, and splits that share no text."""
        return checks.expectations(self.types, self.max_length, disjoint=self.split != "published")

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count near-duplicates and copies of held-out sentences, and the copies that are left out."""
        unused = int((checked["split"] == "unused").sum())
        left_out = {"rows left out, whose text is in a held-out document": unused} if unused else {}
        return {**near_duplicates.counts(checked), **leaked_counts(checked, "text"), **left_out}

    def remarks(self, checked: pd.DataFrame) -> Sequence[str]:
        """Say how many sentences, entities and documents were read, and which tags were converted."""
        found = [f"{len(checked):,} sentences with {checked['entities'].sum():,} entities"]
        if splits.DOCUMENT in checked:
            documents = checked[splits.DOCUMENT].nunique()
            found[0] += f" in {documents:,} document{'s' * (documents > 1)}"
        converted = sorted(set(checked["scheme"]) - {"IOB2"})
        found += [f"tags in {scheme} were converted to IOB2" for scheme in converted]
        if are_characters(checked["tokens"]) and self.tokenizer != "character":
            found.append("the tokens are single characters: set data.tokenizer to character")
        return found

    def training_words(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[list[str]]:
        """Return the tokens of each training sentence, with digits as 0: the corpus's own if trained on."""
        return encoding.words_of(table[split == "train"], self.tokens, self.tokenizer)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn vocabularies from the tokens of the training rows."""
        training = table[split == "train"]
        return {
            **encoding.fit_views(training, self.tokens, self.tokenizer, self.min_count, self.width),
            **self._vectors(training),
            "types": list(self.types),
            "tags": ["O", *(f"{mark}-{kind}" for kind in self.types for mark in "BI")],
            "leaked": int(encoding.leaked(table, split)[split == "test"].sum()),
            "unaligned": int((~table["aligned"]).sum()),
        }

    def _vectors(self, training: pd.DataFrame) -> Meta:
        if self.vectors == "none":
            return {}
        return {"vectors": encoding.fit_morphemes(training, self.tokens, self.tokenizer)}

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode both views of every sentence. Raises DataError for a type that is not in the meta."""
        whole = encoding.encode(table, split, self.tokenizer, meta)
        return {name: whole.take(rows) for name, rows in splitting.rows_by_split(split).items()}


def _table(sentences: Sequence[Sentence]) -> pd.DataFrame:
    spans = [gold_spans(sentence) for sentence in sentences]
    columns = {name: [getattr(s, name) for s in sentences] for name in reader.COLUMNS}
    for i, name in enumerate(("starts", "ends", "types")):
        columns[name] = [[span[i] for span in row or ()] for row in spans]
    if documents := reader.documents(sentences):
        columns[splits.DOCUMENT] = [documents.get(sentence.document) for sentence in sentences]
    return pd.DataFrame({**columns, "aligned": [row is not None for row in spans]})
