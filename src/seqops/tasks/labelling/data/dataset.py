"""Dataset of the labelling task: sequences of numbers with a label, 0 or 1, at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Expectation
from seqops.preprocessing import splitting
from seqops.preprocessing.csv_table import require_columns, require_equal_columns
from seqops.preprocessing.named_splits import NAMED, concat_files, leaked_counts, named_or_drawn
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.tasks.labelling.data import checks, columns, reader, sample

GENERATED: dict[str, Callable[[], Mapping[str, bytes]]] = {
    "cumsum": sample.cumsum,
    "cumsum-ten": sample.cumsum_ten,
}


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Sequences of numbers with a label at every step.

    Attributes
    ----------
    sequence
        Column that names the sequence of each step.
    values
        Columns of numbers; empty: every column that is neither the sequence nor the label.
    label
        Column of the labels, 0 or 1.
    test
        Share of the distinct sequences for testing; a hash of its numbers draws each.
    validation
        Share of the remaining distinct sequences, for validation.
    seed
        Seed of the split and of the sample.
    max_length
        Maximum steps of a sequence.
    sequences
        Sequences of the generated sample.
    """

    sequence: str
    values: tuple[str, ...]
    label: str
    test: Fraction
    validation: Fraction
    seed: Count
    max_length: Positive
    sequences: Positive

    registered_name: ClassVar[str] = "sequence-labeller"
    length_unit: ClassVar[str] = "steps"
    takes_named_splits: ClassVar[bool] = True

    def sample(self) -> Mapping[str, bytes]:
        """Generate cumulative sums of 5 to 15 steps."""
        shortest, longest = sample.STEPS // 2, sample.STEPS + sample.STEPS // 2
        return {"sample.csv": sample.sums(self.sequences, shortest, longest, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse CSV files to one row per sequence; `labels` and `value.*` are lists, one element per step."""
        tables = [reader.parse(path, self.sequence, self.values, self.label) for path in raw]
        require_equal_columns(raw, tables)
        whole = concat_files(raw, tables)
        labels = {label for row in whole["labels"] for label in row}
        if len(labels) < 2:
            what = f"every step has the label {labels.pop()}"
            raise DataError.at(raw[0], None, what, "Give sequences with both labels.")
        return whole

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw the test sequences, then the validation sequences from the rest, with equal ones together.

        Splits that `source` names are kept. Raises DataError if a split would be empty.
        """
        keys = columns.sequence_keys(table)
        if NAMED in table:
            names = named_or_drawn(table, keys, self.validation, self.seed + 1)
        else:
            test = splitting.draw_groups(keys, self.test, self.seed)
            names = splitting.assign_splits(test, keys, self.validation, self.seed + 1)
        splitting.require_rows(names, "sequences")
        return names

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the expectations check."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Expect valid lengths, both labels in training, and splits that share no sequence."""
        return checks.expectations(self.max_length)

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count the copies of training sequences in splits that are named."""
        return leaked_counts(checked, "sequence")

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn the scale of each column from training steps. Raises DataError if all have the same label."""
        training = table[split == "train"]
        labels = np.concatenate([np.asarray(row) for row in training["labels"]])
        if labels.min() == labels.max():
            raise DataError(
                f"every training step has the label {labels[0]}. Give more sequences with the other label."
            )
        values = columns.value_columns(table)
        sequences = columns.value_arrays(training, values)
        steps = np.concatenate(sequences)
        spread = steps.std(axis=0)
        return {
            "values": values,
            "centre": steps.mean(axis=0).tolist(),
            "width": np.where(spread > 0, spread, 1.0).tolist(),
            "usual_length": int(np.median([len(row) for row in sequences])),
            "example": reader.format_sequence(sequences[0]),
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode numbers (T, D) and labels (T,) of every sequence. Raises DataError for a missing column."""
        require_columns(table, [reader.VALUE + name for name in meta["values"]])
        whole = Split(
            {
                "figures": Ragged.from_rows(columns.value_arrays(table, meta["values"]), np.float64),
                "labels": Ragged.from_rows(table["labels"], np.int8),
                KEYS: keys_column(columns.sequence_keys(table)),
            }
        )
        return {name: whole.take(rows) for name, rows in splitting.rows_by_split(split).items()}
