"""Data validation of series before anything is learnt from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.records import Expectation
from seqops.preprocessing.checks import expect_column, expect_splits
from seqops.preprocessing.splitting import SPLITS
from seqops.tasks.forecast.data.gaps import period_name
from seqops.tasks.forecast.data.reader import COVARIATE, VALUE

HALF = 0.5


def with_checked_columns(table: pd.DataFrame, frequency: str) -> pd.DataFrame:
    """Add `repeated`, `order`, `missing_before`, `ahead`, `missing`, `smallest` and `largest`.

    The first three are in words, and empty where nothing is wrong. The table has its split.
    """
    figures = table.filter(regex=f"^({VALUE}|{COVARIATE})".replace(".", r"\."))
    values = table.filter(regex=f"^{VALUE}".replace(".", r"\."))
    step = table.groupby("series", sort=False)["ordinal"].diff().fillna(1).astype(np.int64)
    return table.assign(
        repeated=_repeated(table),
        order=_order(table, step),
        missing_before=_missing_before(table, step, frequency),
        ahead=_ahead(table),
        missing=figures.isna().sum(axis=1),
        smallest=values.min(axis=1),
        largest=values.max(axis=1),
    )


def backwards(table: pd.DataFrame) -> str:
    """Say that dates run backwards, where rows are read from the last line up; empty: nowhere."""
    down = table.groupby("series", sort=False)["line"].diff() < 0
    # where the next of several files begins, lines start again
    if not (down.groupby(table["series"], sort=False).mean() >= HALF).any():
        return ""
    return "the dates run backwards, so rows are read from the last line up, the oldest first"


def _repeated(table: pd.DataFrame) -> pd.Series:
    """Name the date of each row whose period another row has, and that row's line."""
    words = pd.Series("", index=table.index)
    keys = ["series", "ordinal"]
    for _, rows in table[table.duplicated(keys, keep=False)].groupby(keys, sort=False):
        for at, line in zip(rows.index, [rows["line"].iloc[-1], *rows["line"].iloc[:-1]], strict=True):
            words[at] = f"{rows.loc[at, 'date']}, as in line {line}"
    return words


def _order(table: pd.DataFrame, step: pd.Series) -> pd.Series:
    """Name the date of each row that is earlier than the row before it."""
    words = pd.Series("", index=table.index)
    for at in table.index[step < 0]:
        words[at] = f"{table.loc[at, 'date']} after {table.loc[at - 1, 'date']}"
    return words


def _missing_before(table: pd.DataFrame, step: pd.Series, frequency: str) -> pd.Series:
    """Name the first period that is missing before each row, and count the others."""
    words = pd.Series("", index=table.index)
    for at in table.index[step > 1]:
        first = period_name(int(table.loc[at, "ordinal"] - step[at] + 1), frequency)
        words[at] = first + (f" and {step[at] - 2} more" if step[at] > 2 else "")
    return words


def _ahead(table: pd.DataFrame) -> pd.Series:
    """Count the steps from the last row of the earlier splits to each row (1 in the first split)."""
    ahead = pd.Series(1, index=table.index, dtype=np.int64)
    order = table["split"].map(SPLITS.index)
    for number in (1, 2):
        earlier = table["ordinal"].where(order < number)
        latest = earlier.groupby(table["series"], sort=False).transform("max")
        own = (order == number) & latest.notna()
        ahead[own] = table["ordinal"][own] - latest[own].astype(np.int64)
    return ahead


def expectations(
    complete: bool, log: bool, min_value: float | None, max_value: float | None
) -> list[Expectation]:
    """List the expectations on `with_checked_columns`; complete: whether missing values are refused."""
    between, in_set = "values_to_be_between", "values_to_be_in_set"
    allow = "data.gaps allows such rows: nan, interpolate or forward"
    gaps = f"no period is missing between two rows ({allow}; local times also need data.time_zone)"
    unique = "dates are unique (data.series names the column that tells series apart)"
    checks = [
        expect_splits("every split has rows"),
        expect_column(in_set, "repeated", unique, value_set=[""]),
        expect_column(
            in_set, "order", "dates are in ascending order (sort the rows by date)", value_set=[""]
        ),
        expect_column(in_set, "missing_before", gaps, value_set=[""]),
        expect_column(between, "ahead", "no date of a split lies in an earlier split", min_value=1),
    ]
    if complete:
        checks.append(expect_column(between, "missing", f"no value is missing ({allow})", max_value=0))
    else:
        half = "at least half of the rows have all values"
        checks.append(expect_column(between, "missing", half, max_value=0, mostly=0.5))
    if log:
        positive = "values are above 0, as data.log requires"
        checks.append(expect_column(between, "smallest", positive, min_value=0, strict_min=True))
    if min_value is not None:
        lowest = f"values are at least data.min_value, {min_value}"
        checks.append(expect_column(between, "smallest", lowest, min_value=min_value))
    if max_value is not None:
        highest = f"values are at most data.max_value, {max_value}"
        checks.append(expect_column(between, "largest", highest, max_value=max_value))
    return checks
