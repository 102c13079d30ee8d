"""Data checks of labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing.checks import expect_all_false, expect_column, expect_rows
from seqops.preprocessing.splitting import SPLITS, is_in_two_splits
from seqops.tasks.images.data import near_pictures

MIN_PICTURES = 30
"""With fewer pictures, a test score is meaningless."""
MIN_SIDE = 4
"""Pixels; a smaller picture shows nothing."""


def with_checked_columns(table: pd.DataFrame, pretext_labels: Sequence[str] = ()) -> pd.DataFrame:
    """Add the columns that the checks read; the table has its `split`, and loses its pictures."""
    pretext = table["label"].isin(pretext_labels)
    taught = table["label"].where((table["split"] == "train") & ~pretext)
    split = table["split"].to_numpy("<U10")
    return table.drop(columns=["picture", "signature"]).assign(
        side=table[["height", "width"]].min(axis=1),
        taught=taught,
        untaught=~table["label"].isin({*taught.dropna(), *pretext_labels}),
        contradicted=table["label"].groupby(table["content"]).transform("nunique") > 1,
        near=near_pictures.flags(table, split),
        straddles=is_in_two_splits(list(table["content"]), split),
    )


def expectations(labels: Sequence[str]) -> list[Expectation]:
    """List the checks; labels: those of the settings, if there are any."""
    listed = f"every label occurs in training: {', '.join(labels)} (data.labels)"
    return [
        expect_rows(MIN_PICTURES, f"there are at least {MIN_PICTURES} pictures"),
        expect_column(
            "values_to_be_between",
            "side",
            f"no picture is smaller than {MIN_SIDE} x {MIN_SIDE} pixels",
            min_value=MIN_SIDE,
        ),
        expect_column(
            "unique_value_count_to_be_between", "taught", "training pictures have two labels", min_value=2
        ),
        *(
            [expect_column("distinct_values_to_contain_set", "taught", listed, value_set=[*labels])]
            if labels
            else []
        ),
        expect_all_false("untaught", "every label of the held-out splits occurs in training"),
        expect_column(
            "distinct_values_to_contain_set",
            "split",
            "every split has pictures (data.test, data.validation)",
            value_set=[*SPLITS],
        ),
        expect_all_false("contradicted", "equal pictures have equal labels"),
        expect_all_false("straddles", "no picture occurs in two splits"),
    ]
