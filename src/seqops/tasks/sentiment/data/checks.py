"""Data checks of labelled texts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.checks import expect_all_false, expect_column, expect_rows
from seqops.preprocessing.named_splits import NAMED
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
        near=near_duplicates.flags(list(table["text"]), split),
        straddles=is_in_two_splits(keys, split),
        group_straddles=is_in_two_splits(list(table["group"]), split) & (NAMED not in table),
    )


def left_out(checked: pd.DataFrame) -> dict[str, int]:
    """Count the rows of named files that no split has, because a held-out file has their text."""
    if NAMED not in checked:
        return {}
    unused = (checked["split"] == "unused") & (checked["characters"] > 0)
    return {"rows left out, whose text is in a held-out file": int(unused.sum())}


def expectations(
    labels: Sequence[str], min_rows: int, max_chars: int, min_label_agreement: float
) -> list[Expectation]:
    """List the checks; min_label_agreement: share of the rows whose text has no other label elsewhere."""
    return [
        expect_rows(min_rows, f"there are at least {min_rows} texts (data.min_rows)"),
        expect_column(
            "values_to_be_between",
            "characters",
            "no text is empty (up to one in 1,000 is tolerated and left out)",
            min_value=1,
            mostly=0.999,
        ),
        expect_column(
            "values_to_be_between",
            "characters",
            f"no text is longer than {max_chars} characters (data.max_chars)",
            max_value=max_chars,
        ),
        expect_column(
            "values_to_be_in_set",
            "label",
            f"a label is one of {', '.join(labels)} (data.labels)",
            value_set=[*labels],
        ),
        expect_column(
            "distinct_values_to_contain_set",
            "taught",
            f"every label occurs in training: {', '.join(labels)} (data.labels)",
            value_set=[*labels],
        ),
        expect_column(
            "distinct_values_to_contain_set",
            "split",
            "every split has texts (data.test, data.validation)",
            value_set=[*SPLITS],
        ),
        expect_all_false(
            "contradicted",
            f"equal texts have equal labels, in {min_label_agreement:.0%} of the rows "
            "(data.min_label_agreement)",
            mostly=min_label_agreement,
        ),
        expect_all_false("straddles", "no text occurs in two splits"),
        expect_all_false("group_straddles", "no group occurs in two splits, unless `source` names them"),
    ]
