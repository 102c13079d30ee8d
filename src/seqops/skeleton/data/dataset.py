"""Sums of digits: read from CSV, split by content, encoded as digits and a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Positive, Rate
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Expectation
from seqops.preprocessing.checks import expect_rows
from seqops.preprocessing.row_keys import KEYS, hash_fractions, keys_column
from seqops.preprocessing.splitting import require_rows, rows_by_split


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """A column of digits, and a column that says whether their sum is odd.

    Attributes
    ----------
    min_rows
        Rows; a smaller file is refused.
    validation
        Share of the distinct rows that are for validation.
    test
        Share of the distinct rows that are for testing.
    sample_rows
        Rows of the embedded sample.
    seed
        Seed of the embedded sample.
    """

    min_rows: Positive
    validation: Rate
    test: Rate
    sample_rows: Positive
    seed: Count

    registered_name: ClassVar[str] = "skeleton-model"

    def sample(self) -> Mapping[str, bytes]:
        """Draw sequences of one to five digits, and label each by its sum."""
        generator = np.random.default_rng(self.seed)
        rows = [generator.integers(0, 10, generator.integers(1, 6)) for _ in range(self.sample_rows)]
        lines = [f"{''.join(map(str, row))},{row.sum() % 2}" for row in rows]
        return {"sample.csv": "\n".join(["digits,odd", *lines, ""]).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse CSV files to one row per example: digits, odd, line. Raises DataError."""
        return pd.DataFrame([row for path in raw for row in _rows(path)])

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Assign by a hash of the digits, so that equal rows share a split: (n,). Raises DataError."""
        position = hash_fractions(table["digits"])
        bounds = [position < self.test, position < self.test + self.validation]
        split = np.select(bounds, ["test", "validation"], "train")
        require_rows(split, "rows")
        return split

    def expectations(self) -> Sequence[Expectation]:
        """Expect enough rows."""
        return [expect_rows(self.min_rows, f"there are at least {self.min_rows} rows (data.min_rows)")]

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Return the most frequent label of the training rows, and one of them as an example."""
        training = table[split == "train"]
        return {
            "majority": int(training["odd"].mode().iloc[0]),
            "example": str(training["digits"].iloc[0]),
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode digits 0 to 9 as 1 to 10 (0 is padding), and labels: (n,)."""
        whole = Split(
            {
                "digits": digits_of(table["digits"]),
                "odd": table["odd"].to_numpy(np.int64),
                # a model is never compared on rows that share a key with those it was trained on
                KEYS: keys_column(table["digits"]),
            }
        )
        return {name: whole.take(rows) for name, rows in rows_by_split(split).items()}


def digits_of(texts: Sequence[str] | pd.Series) -> Ragged:
    """Encode texts of digits as ragged rows of 1 to 10."""
    return Ragged.from_rows(([int(digit) + 1 for digit in text] for text in texts), np.int64)


def check_digits(name: str, line: int | None, text: str) -> str:
    """Return a text if it is digits. Raises DataError that names the file (or input) and the line."""
    if not (text.isascii() and text.isdigit()):
        raise DataError.at(Path(name), line, f"{text!r} is not digits", "Write digits, such as 407.")
    return text


def _rows(path: Path) -> list[dict[str, object]]:
    header, *lines = path.read_text("utf-8").splitlines() or [""]
    if header != "digits,odd":
        raise DataError.at(path, 1, "the header is not `digits,odd`", "Add it.")
    rows: list[dict[str, object]] = []
    for number, line in enumerate(lines, 2):
        digits, _, odd = line.partition(",")
        if odd not in ("0", "1"):
            raise DataError.at(path, number, f"the label {odd!r} is not 0 or 1", "Correct it.")
        rows.append({"digits": check_digits(path.name, number, digits), "odd": int(odd), "line": number})
    return rows
