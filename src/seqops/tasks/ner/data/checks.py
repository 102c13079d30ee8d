"""Data validation of annotated sentences."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.checks import expect_all_false, expect_column
from seqops.preprocessing.iob2 import iob2_to_spans, is_valid_transition
from seqops.preprocessing.named_splits import LEAKED, NAMED, leaked
from seqops.preprocessing.splitting import is_in_two_splits
from seqops.tasks.ner.data.splits import keys_of


def with_checked_columns(table: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    """Add the columns that the expectations check to a table with its `split`."""
    tags = [list(row) for row in table["tags"]]
    keys = keys_of(table["text"])
    return table.assign(
        length=[len(row) for row in tags],
        broken_tag=[_broken(row) for row in tags],
        unknown_type=[_unknown(row, types) for row in tags],
        entities=[len(iob2_to_spans(row)) for row in tags],
        near=near_duplicates.flags(table["text"].to_list(), table["split"].to_numpy("<U10")),
        straddles=is_in_two_splits(keys, table["split"].to_numpy("<U10")) & (NAMED not in table),
        **{LEAKED: leaked(table, keys)},
    )


def expectations(types: Sequence[str], max_length: int, disjoint: bool) -> list[Expectation]:
    """List the expectations; disjoint: whether a sentence may occur in one split only."""
    found = [
        expect_column("values_to_not_be_null", "text", "every sentence has a text"),
        expect_column(
            "values_to_be_between",
            "length",
            f"a sentence has 1 to {max_length} tokens (data.max_length)",
            min_value=1,
            max_value=max_length,
        ),
        expect_column(
            "values_to_be_in_set",
            "broken_tag",
            "a tag is O, B-TYPE, or I-TYPE after B or I of that type (strict IOB2)",
            value_set=[""],
        ),
        expect_column(
            "values_to_be_in_set",
            "unknown_type",
            f"entity types are {', '.join(types)} (data.types)",
            value_set=[""],
        ),
        expect_column(
            "values_to_be_in_set",
            "aligned",
            "the annotation matches the text in 98 of 100 sentences",
            value_set=[True],
            mostly=0.98,
        ),
        expect_column("max_to_be_between", "entities", "there are entities", min_value=1),
    ]
    if disjoint:
        meaning = "no sentence occurs in two splits, unless `source` names them"
        found.append(expect_all_false("straddles", meaning))
    return found


def _broken(tags: Sequence[str]) -> str:
    """Return the first tag that breaks strict IOB2, or an empty string."""
    previous = "O"
    for tag in tags:
        if (tag != "O" and tag[:2] not in ("B-", "I-")) or not is_valid_transition(tag, previous):
            return tag
        previous = tag
    return ""


def _unknown(tags: Sequence[str], types: Sequence[str]) -> str:
    """Return the first type that is not in `types`, or an empty string."""
    return next((tag[2:] for tag in tags if tag[:2] in ("B-", "I-") and tag[2:] not in types), "")
