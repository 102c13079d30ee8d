"""Data checks of a text."""

from __future__ import annotations

import unicodedata

import pandas as pd

from seqops.core.errors import ConfigError
from seqops.core.records import Expectation
from seqops.preprocessing.checks import expect_all_false, expect_column, expect_splits
from seqops.preprocessing.splitting import SPLITS
from seqops.tasks.textgen.data.windows import MIN_LINE_LENGTH, long_lines


def require_characters(tokens: str) -> None:
    """Raise ConfigError for subwords, with which n-grams of characters cannot be mixed.

    The probabilities that they give to all subwords of a vocabulary do not sum to one.
    """
    if tokens != "character":
        raise ConfigError(
            f"model.mixture: kneser_ney needs data.tokens: character, got {tokens}. Set one of the two."
        )


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that the checks read; the table has its `split`."""
    texts, position = table["text"], table["split"].map(SPLITS.index)
    return table.assign(
        characters=texts.str.len(),
        new_characters=_new(texts),
        foreign=[_foreign(text) for text in texts],
        out_of_order=position < position.cummax(),
        copied=_copied(table),
    )


def expectations(min_chars: int, min_distinct_chars: int, max_copied_share: float) -> list[Expectation]:
    """List the checks of the table that `with_checked_columns` returns."""
    return [
        expect_column(
            "sum_to_be_between",
            "characters",
            f"the text has at least {min_chars} characters (data.min_chars)",
            min_value=min_chars,
        ),
        expect_column(
            "sum_to_be_between",
            "new_characters",
            f"the text has at least {min_distinct_chars} different characters "
            "(data.min_distinct_chars): fewer are not a language",
            min_value=min_distinct_chars,
        ),
        expect_column(
            "values_to_be_in_set",
            "foreign",
            "no line has a control character (is it a text file?) or U+FFFD (was its encoding lost?)",
            value_set=[""],
        ),
        expect_splits("every split has lines (data.validation, data.test)"),
        expect_all_false(
            "out_of_order",
            "training text comes before validation text, and validation text before test text",
        ),
        expect_all_false(
            "copied",
            f"of the held-out lines of {MIN_LINE_LENGTH} characters or more, at most "
            f"{max_copied_share:.0%} occur verbatim in the "
            "training text (data.max_copied_share): predicting them would only test memorisation",
            mostly=1.0 - max_copied_share,
        ),
    ]


def _new(texts: pd.Series) -> list[int]:
    """Return the number of characters of each row that no earlier row has."""
    known: set[str] = set()
    counts = []
    for text in texts:
        fresh = set(text) - known
        known |= fresh
        counts.append(len(fresh))
    return counts


def _foreign(text: str) -> str:
    """Return the code point of the first character that no text should contain, or an empty text."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return ""
    strange = (c for c in text if c == "\ufffd" or (unicodedata.category(c) == "Cc" and c not in "\n\t"))
    return next((f"U+{ord(c):04X}" for c in strange), "")


def _copied(table: pd.DataFrame) -> pd.Series:
    """Return whether each long held-out line occurs in training; None for all other lines."""
    training = table["split"] == "train"
    known = long_lines("".join(table["text"][training]))
    lines = table["text"].str.strip()
    judged = ~training & (lines.str.len() >= MIN_LINE_LENGTH)
    return lines.isin(known).astype(object).where(judged, None)
