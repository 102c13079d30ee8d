"""What must hold of sentence pairs."""

from __future__ import annotations

import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.tasks.translation.data.encoding import keys_of


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add to a table with its `split` in how many splits a row's source stands."""
    keys = pd.Series(keys_of(table), table.index)
    return table.assign(splits_of_source=table["split"].groupby(keys).transform("nunique"))


def expectations(max_length: int, fewest: int) -> list[Expectation]:
    """List the promises over `with_checked_columns`."""
    lengths = {"min_value": 1, "max_value": max_length}
    return [
        Expectation(
            "expect_table_row_count_to_be_between",
            {"min_value": fewest},
            f"there are at least {fewest} pairs (data.min_rows)",
        ),
        *(
            Expectation(
                "expect_column_value_lengths_to_be_between",
                {"column": side, **lengths},
                f"no {side} sentence is longer than {max_length} characters (data.max_length)",
            )
            for side in ("source", "target")
        ),
        Expectation(
            "expect_compound_columns_to_be_unique",
            {"column_list": ["source", "target"]},
            "no pair stands twice",
        ),
        Expectation(
            "expect_column_distinct_values_to_equal_set",
            {"column": "split", "value_set": ["train", "validation", "test"]},
            "each split gets some sources (data.validation_share, data.test_share)",
        ),
        Expectation(
            "expect_column_values_to_be_between",
            {"column": "splits_of_source", "min_value": 1, "max_value": 1},
            "no source sentence stands in two splits",
        ),
    ]
