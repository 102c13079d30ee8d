"""Data checks of labelled texts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.preprocessing.splitting import SPLITS, is_in_two_splits
from seqops.tasks.sentiment.data.splits import keys_of


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that the checks read; the table has its `split`."""
    split, keys = table["split"].to_numpy("<U10"), keys_of(table)
    labels = table["label"].groupby(pd.Series(keys, index=table.index)).transform("nunique")
    return table.assign(
        characters=table["text"].str.len(),
        taught=table["label"].where(table["split"] == "train"),
        contradicted=(labels > 1).to_numpy(),
        straddles=is_in_two_splits(keys, split),
        group_straddles=is_in_two_splits(list(table["group"]), split),
    )


def expectations(
    labels: Sequence[str], min_rows: int, max_chars: int, min_label_agreement: float
) -> list[Expectation]:
    """List the checks; min_label_agreement: share of the rows whose text has no other label elsewhere."""

    def values(check: str, column: str, meaning: str, **arguments: object) -> Expectation:
        return Expectation(f"expect_column_values_to_{check}", {"column": column, **arguments}, meaning)

    return [
        Expectation(
            "expect_table_row_count_to_be_between",
            {"min_value": min_rows},
            f"there are at least {min_rows} texts (data.min_rows)",
        ),
        values(
            "be_between",
            "characters",
            "no text is empty (up to one in 1,000 is tolerated and left out)",
            min_value=1,
            mostly=0.999,
        ),
        values(
            "be_between",
            "characters",
            f"no text is longer than {max_chars} characters (data.max_chars)",
            max_value=max_chars,
        ),
        values(
            "be_in_set", "label", f"a label is one of {', '.join(labels)} (data.labels)", value_set=[*labels]
        ),
        Expectation(
            "expect_column_distinct_values_to_contain_set",
            {"column": "taught", "value_set": [*labels]},
            f"every label occurs in training: {', '.join(labels)} (data.labels)",
        ),
        Expectation(
            "expect_column_distinct_values_to_contain_set",
            {"column": "split", "value_set": [*SPLITS]},
            "every split has texts (data.test, data.validation)",
        ),
        values(
            "be_in_set",
            "contradicted",
            f"equal texts have equal labels, in {min_label_agreement:.0%} of the rows "
            "(data.min_label_agreement)",
            value_set=[False],
            mostly=min_label_agreement,
        ),
        values("be_in_set", "straddles", "no text occurs in two splits", value_set=[False]),
        values("be_in_set", "group_straddles", "no group occurs in two splits", value_set=[False]),
    ]
