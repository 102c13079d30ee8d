"""Running text: cut to tokens, split where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive, Rate
from seqops.core.interfaces import Expectation, Meta
from seqops.core.ragged import Split
from seqops.tasks.textgen.data import checks, tokenizer, windows
from seqops.tasks.textgen.data.reader import read_text
from seqops.tasks.textgen.data.sample import help_text


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Language modelling.

    encoding: of the files; tokens: what the model reads and writes; vocabulary: of subwords; min_count: a
    character seen less often in training is unknown; window: tokens of a training row; passage: characters
    of a held-out row at least, which ends where a word does, so that its tokens are those of the running
    text; context: characters that it sees before those it is scored on; validation, test: shares of the
    text, its end for the test; min_chars, min_distinct_chars: characters of a usable text; max_copied_share:
    the share of long held-out lines that may stand in training; sample_chars: of the embedded text.
    """

    encoding: Literal["utf-8", "windows-1252"]
    tokens: Literal["character", "bpe"]
    vocabulary: Positive
    min_count: Positive
    window: Positive
    passage: Positive
    context: Count
    validation: Fraction
    test: Fraction
    min_chars: Positive
    min_distinct_chars: Positive
    max_copied_share: Rate
    sample_chars: Positive

    registered_name: ClassVar[str] = "char-language-model"

    def sample(self) -> Mapping[str, bytes]:
        """Take what Python's own help says about the language."""
        return {"sample.txt": help_text(self.sample_chars).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Read text files to one row a line: line, text."""
        return read_text(raw, self.encoding)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Split where the text stands: training first, then validation, the end for the test."""
        lengths = table["text"].str.len().to_numpy(np.int64)
        place = (np.cumsum(lengths) - lengths) / max(int(lengths.sum()), 1)
        first = 1.0 - self.test
        return np.select([place >= first, place >= first - self.validation], ["test", "validation"], "train")

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise enough text, of characters that belong in one, and splits in order and not copied."""
        return checks.expectations(self.min_chars, self.min_distinct_chars, self.max_copied_share)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn characters, or subwords, from the training text."""
        text = windows.joined(table, split, "train")
        learnt = tokenizer.fit_tokenizer(text, self.tokens, self.min_count, self.vocabulary)
        return {**learnt, "window": self.window, "example": _opening(text)}

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Cut the training text to windows, the others to passages; those do not hang on the meta."""
        cut = tokenizer.tokenizer_from_meta(meta)
        training, validation, test = (
            windows.joined(table, split, name) for name in ("train", "validation", "test")
        )
        known = windows.long_lines(training)
        return {
            "train": windows.windows(training, cut, self.window),
            "validation": windows.held_out(training, validation, cut, self.passage, self.context, known),
            "test": windows.held_out(training + validation, test, cut, self.passage, self.context, known),
        }


def _opening(text: str) -> str:
    """Return the first words of a text."""
    line = text.strip().split("\n")[0]
    return " ".join(line.split()[:3])[:40]
