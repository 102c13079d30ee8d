"""Data checks of sentence pairs."""

from __future__ import annotations

import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.checks import expect_column, expect_rows, expect_splits
from seqops.preprocessing.named_splits import LEAKED, NAMED, leaked
from seqops.tasks.translation.data.encoding import has_known_target, keys_of


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the number of splits in which a row's source occurs, and what it shares with training."""
    keys = pd.Series(keys_of(table), table.index)
    known = has_known_target(table, table["split"].to_numpy("<U10"))
    splits_of_source = table["split"].groupby(keys).transform("nunique")
    return table.assign(
        known_reference=known.groupby(keys).transform("any"),
        splits_of_source=1 if NAMED in table else splits_of_source,
        **{LEAKED: leaked(table, list(keys))},
        near=near_duplicates.flags(list(table["source"]), table["split"].to_numpy("<U10")),
    )


def expectations(max_length: int, min_rows: int) -> list[Expectation]:
    """List the checks of the table that `with_checked_columns` returns."""
    return [
        expect_rows(min_rows, f"there are at least {min_rows} pairs (data.min_rows)"),
        *(
            expect_column(
                "value_lengths_to_be_between",
                side,
                f"no {side} sentence is longer than {max_length} characters (data.max_length)",
                min_value=1,
                max_value=max_length,
            )
            for side in ("source", "target")
        ),
        Expectation(
            "expect_compound_columns_to_be_unique",
            {"column_list": ["source", "target"]},
            "no pair occurs twice",
        ),
        expect_splits("every split has sources (data.validation_share, data.test_share)"),
        expect_column(
            "values_to_be_between",
            "splits_of_source",
            "no source sentence occurs in two splits, unless `source` names them",
            min_value=1,
            max_value=1,
        ),
    ]
