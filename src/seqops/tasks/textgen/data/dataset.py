"""Dataset of the textgen task: running text, split in order, as tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive, Rate
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Expectation
from seqops.preprocessing.encodings import Encoding
from seqops.preprocessing.named_splits import NAMED
from seqops.tasks.textgen.data import checks, overlaps, sections, tokenizer, windows
from seqops.tasks.textgen.data.reader import read_text
from seqops.tasks.textgen.data.sample import help_text

WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
"""A word, with inner apostrophes, or a punctuation mark."""


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Running text for language modelling.

    Attributes
    ----------
    encoding
        Character encoding of the files; one that the text is evidently not in is refused.
    tokens
        Unit that the model reads and writes: `character`, or `bpe` subwords.
    vocabulary
        Maximum number of subwords; ignored for characters.
    min_count
        Occurrences in the training text below which a character is unknown; ignored for subwords.
    window
        Tokens of a training row.
    passage
        Minimum number of characters of a held-out row; it ends at the end of a word, so that its tokens are
        those of the running text.
    context
        Characters before a held-out row that the model reads without being scored on them.
    section
        Regular expression (RE2) with which a natural part of the text, such as a play or a chapter, begins at
        the beginning of a line; a file begins one too. The splits are cut at the nearest borders, held-out
        rows end there, and the sections are the units of resampling. Empty: no sections.
    validation
        Share of the text in the validation split, between training and test text. If `source` names files for
        training and test alone, share of the training text, its end.
    test
        Share of the text, its end, in the test split; without meaning where `source` names files for it.
    min_chars
        Minimum number of characters of the text; a shorter one is rejected.
    min_distinct_chars
        Minimum number of different characters of the text.
    max_copied_share
        Maximum share of the held-out lines of 40 characters or more that also occur in the training text.
    sample_chars
        Number of characters of the sample text.
    """

    encoding: Encoding
    tokens: Literal["character", "bpe"]
    vocabulary: Positive
    min_count: Positive
    window: Positive
    passage: Positive
    context: Count
    section: sections.Pattern
    validation: Fraction
    test: Fraction
    min_chars: Positive
    min_distinct_chars: Positive
    max_copied_share: Rate
    sample_chars: Positive

    registered_name: ClassVar[str] = "char-language-model"
    takes_named_splits: ClassVar[bool] = True

    def sample(self) -> Mapping[str, bytes]:
        """Return the help texts about the Python language that CPython ships."""
        return {"sample.txt": help_text(self.sample_chars).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Read text files to one row per line: line, text."""
        return read_text(raw, self.encoding)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Split the text in order, at section borders if there are any: training, validation, test.

        Splits that `source` names are kept; without one for validation, it is the end of the training text.
        """
        lengths = table["text"].str.len().to_numpy(np.int64)
        if NAMED in table:
            return self._named_splits(table, lengths)
        if self.section:
            numbers = sections.section_of(table, self.section)
            sections.require_sections(numbers, lengths, self.passage)
            return sections.split_at_borders(numbers, lengths, self.validation, self.test)
        position = (np.cumsum(lengths) - lengths) / max(int(lengths.sum()), 1)
        first = 1.0 - self.test
        return np.select(
            [position >= first, position >= first - self.validation], ["test", "validation"], "train"
        )

    def _named_splits(self, table: pd.DataFrame, lengths: sections.Ints) -> npt.NDArray[np.str_]:
        names = table[NAMED].to_numpy("<U10")
        if "validation" not in names:
            training = np.flatnonzero(names == "train")
            numbers = sections.section_of(table, self.section)[training] if self.section else training
            names[training[sections.at_the_end(numbers, lengths[training], self.validation)]] = "validation"
        return names

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the checks read."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Check the amount of text, its characters, the order of the splits, and copied lines."""
        return checks.expectations(self.min_chars, self.min_distinct_chars, self.max_copied_share)

    def check_model(self, model: Mapping[str, Any]) -> None:
        """Raise ConfigError for a mixture with subwords."""
        if model.get("mixture", "none") != "none":
            checks.require_characters(self.tokens)

    def training_words(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[list[str]]:
        """Return the words and punctuation marks of the training text, in lower case, as one row."""
        return [WORD.findall(windows.joined(table, split, "train").lower())]

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn characters, or subwords, from the training text."""
        text = windows.joined(table, split, "train")
        vocabulary = tokenizer.fit_tokenizer(text, self.tokens, self.min_count, self.vocabulary)
        return {**vocabulary, "window": self.window, "example": _opening(text)}

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode training text as windows, the others as passages whose limits do not depend on `meta`."""
        tokens = tokenizer.tokenizer_from_meta(meta)
        lengths = table["text"].str.len().to_numpy(np.int64)
        numbers = sections.section_of(table, self.section) if self.section else None
        training, validation = (windows.joined(table, split, name) for name in ("train", "validation"))
        known = windows.long_lines(training)

        def held_out(before: str, name: str) -> Split:
            text, rows = windows.joined(table, split, name), split == name
            of_character = None if numbers is None else np.repeat(numbers[rows], lengths[rows])
            found = windows.held_out(before, text, tokens, self.passage, self.context, known, of_character)
            return overlaps.with_keys(found)

        return {
            "train": overlaps.with_keys(windows.windows(training, tokens, self.window)),
            "validation": held_out(training, "validation"),
            "test": held_out(training + validation, "test"),
        }


def _opening(text: str) -> str:
    """Return the first words of a text."""
    line = text.strip().split("\n")[0]
    return " ".join(line.split()[:3])[:40]
