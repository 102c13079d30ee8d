"""Expectations that tasks share, in the vocabulary of Great Expectations."""

from __future__ import annotations

from seqops.core.records import Expectation
from seqops.preprocessing.splitting import SPLITS


def expect_column(check: str, column: str, meaning: str, **arguments: object) -> Expectation:
    """Expect a property of a column; check: the expectation's name after `expect_column_`."""
    return Expectation(f"expect_column_{check}", {"column": column, **arguments}, meaning)


def expect_all_false(column: str, meaning: str, **arguments: object) -> Expectation:
    """Expect that a column of flags has no true value; `mostly` is the least share of false ones."""
    return expect_column("values_to_be_in_set", column, meaning, value_set=[False], **arguments)


def expect_rows(minimum: int, meaning: str) -> Expectation:
    """Expect at least `minimum` rows."""
    return Expectation("expect_table_row_count_to_be_between", {"min_value": minimum}, meaning)


def expect_splits(meaning: str) -> Expectation:
    """Expect that every split has rows, and that no row is outside the splits."""
    return expect_column("distinct_values_to_equal_set", "split", meaning, value_set=[*SPLITS])
