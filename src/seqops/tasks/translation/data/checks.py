"""Data checks of sentence pairs."""

from __future__ import annotations

import pandas as pd

from seqops.core.records import LINE, Expectation
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.checks import expect_all_false, expect_column, expect_rows
from seqops.preprocessing.named_splits import LEAKED, NAMED, leaked
from seqops.preprocessing.splitting import SPLITS
from seqops.tasks.translation.data.encoding import has_known_target, keys_of, repeats

MAX_REPEATED = 0.1


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add the number of splits in which a row's source occurs, and what it shares with training."""
    keys = pd.Series(keys_of(table), table.index)
    known = has_known_target(table, table["split"].to_numpy("<U10"))
    used = table["split"].where(table["split"] != "unused")
    splits_of_source = used.groupby(keys).transform("nunique")
    return table.assign(
        repeated=repeats(table),
        known_reference=known.groupby(keys).transform("any"),
        splits_of_source=1 if NAMED in table else splits_of_source,
        **{LEAKED: leaked(table, list(keys))},
        near=near_duplicates.flags(list(table["source"]), table["split"].to_numpy("<U10")),
    )


def remarks(checked: pd.DataFrame) -> list[str]:
    """Say which direction is learnt, and what was left out or may be untranslated."""
    first = checked.iloc[0]
    found = [f"{len(checked):,} pairs, from {first['source']!r:.60} to {first['target']!r:.60}"]
    if first[LINE] > 1:
        found.append("line 1 names the columns, and is left out")
    if unused := int((checked["split"] == "unused").sum()):
        found.append(f"{unused:,} pairs occur before, and are left out")
    if copies := int((checked["source"] == checked["target"]).sum()):
        found.append(f"{copies:,} targets are equal to their source: untranslated?")
    return found


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
        expect_all_false(
            "repeated",
            f"at most {MAX_REPEATED:.0%} of the pairs occur before (they are left out)",
            mostly=1.0 - MAX_REPEATED,
        ),
        expect_column(
            "distinct_values_to_contain_set",
            "split",
            "every split has sources (data.validation_share, data.test_share)",
            value_set=[*SPLITS],
        ),
        expect_column(
            "values_to_be_between",
            "splits_of_source",
            "no source sentence occurs in two splits, unless `source` names them",
            min_value=1,
            max_value=1,
        ),
    ]
