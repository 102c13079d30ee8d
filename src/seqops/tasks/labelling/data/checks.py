"""Data validation of labelled sequences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing.checks import expect_all_false, expect_column, expect_rows
from seqops.preprocessing.named_splits import LEAKED, NAMED, leaked
from seqops.preprocessing.splitting import is_in_two_splits
from seqops.tasks.labelling.data.columns import sequence_keys

MIN_SEQUENCES = 30
"""With fewer sequences, a test score is meaningless."""


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that the expectations check to a table with its `split`."""
    sequences = sequence_keys(table)
    keys = np.array(sequences, object)
    labels = pd.Series([tuple(row) for row in table["labels"]], index=table.index)
    ones = np.array([sum(row) for row in labels])
    lengths = np.array([len(row) for row in labels])
    training = table["split"].to_numpy() == "train"
    return table.assign(
        length=lengths,
        training_ones=np.where(training, ones, 0),
        training_zeros=np.where(training, lengths - ones, 0),
        contradicted=labels.groupby(keys).transform("nunique") > 1,
        straddles=is_in_two_splits(keys, table["split"].to_numpy("<U10")) & (NAMED not in table),
        **{LEAKED: leaked(table, sequences)},
    )


def expectations(max_length: int) -> list[Expectation]:
    """List the expectations on `with_checked_columns`."""
    return [
        expect_rows(MIN_SEQUENCES, f"there are at least {MIN_SEQUENCES} sequences"),
        expect_column(
            "values_to_be_between",
            "length",
            f"a sequence has 1 to {max_length} steps (data.max_length)",
            min_value=1,
            max_value=max_length,
        ),
        expect_column("max_to_be_between", "training_ones", "a training step has the label 1", min_value=1),
        expect_column("max_to_be_between", "training_zeros", "a training step has the label 0", min_value=1),
        expect_all_false("contradicted", "sequences of equal numbers have equal labels"),
        expect_all_false("straddles", "no sequence occurs in two splits"),
    ]
