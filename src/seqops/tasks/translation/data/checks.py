"""Data checks of sentence pairs."""

from __future__ import annotations

import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.tasks.translation.data.encoding import keys_of


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the number of splits in which a row's source occurs; the table has its `split`."""
    keys = pd.Series(keys_of(table), table.index)
    return table.assign(splits_of_source=table["split"].groupby(keys).transform("nunique"))


def expectations(max_length: int, min_rows: int) -> list[Expectation]:
    """List the checks of the table that `with_checked_columns` returns."""
    lengths = {"min_value": 1, "max_value": max_length}
    return [
        Expectation(
            "expect_table_row_count_to_be_between",
            {"min_value": min_rows},
            f"there are at least {min_rows} pairs (data.min_rows)",
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
            "no pair occurs twice",
        ),
        Expectation(
            "expect_column_distinct_values_to_equal_set",
            {"column": "split", "value_set": ["train", "validation", "test"]},
            "every split has sources (data.validation_share, data.test_share)",
        ),
        Expectation(
            "expect_column_values_to_be_between",
            {"column": "splits_of_source", "min_value": 1, "max_value": 1},
            "no source sentence occurs in two splits",
        ),
    ]
