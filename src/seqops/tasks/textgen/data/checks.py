"""What must hold of a text."""

from __future__ import annotations

import unicodedata

import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.tasks.textgen.data.windows import LONG, long_lines

ORDER = {"train": 0, "validation": 1, "test": 2}


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add to a table with its `split` the columns that the promises speak of."""
    texts, place = table["text"], table["split"].map(ORDER)
    return table.assign(
        characters=texts.str.len(),
        new_characters=_new(texts),
        foreign=[_foreign(text) for text in texts],
        out_of_order=place < place.cummax(),
        copied=_copied(table),
    )


def expectations(min_chars: int, min_distinct_chars: int, max_copied_share: float) -> list[Expectation]:
    """List the promises."""
    return [
        Expectation(
            "expect_column_sum_to_be_between",
            {"column": "characters", "min_value": min_chars},
            f"the text has at least {min_chars} characters (data.min_chars)",
        ),
        Expectation(
            "expect_column_sum_to_be_between",
            {"column": "new_characters", "min_value": min_distinct_chars},
            f"the text has at least {min_distinct_chars} different characters "
            "(data.min_distinct_chars): fewer are no language",
        ),
        Expectation(
            "expect_column_values_to_be_in_set",
            {"column": "foreign", "value_set": [""]},
            "no line has a control character (is it a text file?) or U+FFFD (was its encoding lost?)",
        ),
        Expectation(
            "expect_column_distinct_values_to_equal_set",
            {"column": "split", "value_set": list(ORDER)},
            "each split gets some lines (data.validation, data.test)",
        ),
        Expectation(
            "expect_column_values_to_be_in_set",
            {"column": "out_of_order", "value_set": [False]},
            "training text stands before validation text, and that before test text",
        ),
        Expectation(
            "expect_column_values_to_be_in_set",
            {"column": "copied", "value_set": [False], "mostly": 1.0 - max_copied_share},
            f"of the held-out lines of {LONG} characters or more, at most "
            f"{max_copied_share:.0%} stand in the "
            "training text word for word (data.max_copied_share): predicting them would be remembering",
        ),
    ]


def _new(texts: pd.Series) -> list[int]:
    """Count the characters of each row that no row before it has."""
    known: set[str] = set()
    counts = []
    for text in texts:
        fresh = set(text) - known
        known |= fresh
        counts.append(len(fresh))
    return counts


def _foreign(text: str) -> str:
    """Name the first character that belongs in no text, or nothing."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return ""
    strange = (c for c in text if c == "\ufffd" or (unicodedata.category(c) == "Cc" and c not in "\n\t"))
    return next((f"U+{ord(c):04X}" for c in strange), "")


def _copied(table: pd.DataFrame) -> pd.Series:
    """Tell which long held-out lines stand in training; None for all other lines."""
    training = table["split"] == "train"
    known = long_lines("".join(table["text"][training]))
    lines = table["text"].str.strip()
    judged = ~training & (lines.str.len() >= LONG)
    return lines.isin(known).astype(object).where(judged, None)
