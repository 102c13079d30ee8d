"""Data validation of series before anything is learnt from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.tasks.forecast.data.reader import COVARIATE, VALUE

ORDER = {"train": 0, "validation": 1, "test": 2}


def with_checked_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Add `period`, `step`, `ahead`, `missing`, `smallest` and `largest` to a table with its split."""
    figures = table.filter(regex=f"^({VALUE}|{COVARIATE})".replace(".", r"\."))
    values = table.filter(regex=f"^{VALUE}".replace(".", r"\."))
    by_series = table.groupby("series", sort=False)
    return table.assign(
        period=table["series"] + ":" + table["ordinal"].astype(str),
        step=by_series["ordinal"].diff().fillna(1).astype(np.int64),
        ahead=_ahead(table),
        missing=figures.isna().sum(axis=1),
        smallest=values.min(axis=1),
        largest=values.max(axis=1),
    )


def _ahead(table: pd.DataFrame) -> pd.Series:
    """Count the steps from the last row of the earlier splits to each row (1 in the first split)."""
    ahead = pd.Series(1, index=table.index, dtype=np.int64)
    order = table["split"].map(ORDER)
    for _, rows in table.groupby("series", sort=False):
        for number in (1, 2):
            earlier = rows.loc[order[rows.index] < number, "ordinal"]
            own = rows.loc[order[rows.index] == number, "ordinal"]
            if len(earlier):
                ahead[own.index] = own - earlier.max()
    return ahead


def expectations(rows: int, log: bool, min_value: float | None, max_value: float | None) -> list[Expectation]:
    """List the expectations on `with_checked_columns`; rows: minimum that gives every split an example."""
    between = "expect_column_values_to_be_between"
    found = [
        Expectation(
            "expect_table_row_count_to_be_between",
            {"min_value": rows},
            f"there are at least {rows} rows: data.window + data.validation + data.test + 2",
        ),
        Expectation(
            "expect_column_distinct_values_to_equal_set",
            {"column": "split", "value_set": list(ORDER)},
            "every split has rows",
        ),
        Expectation("expect_column_values_to_be_unique", {"column": "period"}, "dates are unique"),
        Expectation(between, {"column": "step", "min_value": 0}, "dates are in ascending order"),
        Expectation(between, {"column": "step", "max_value": 1}, "no period is missing between two rows"),
        Expectation(
            between, {"column": "ahead", "min_value": 1}, "no date of a split lies in an earlier split"
        ),
        Expectation(between, {"column": "missing", "max_value": 0}, "no value is missing"),
    ]
    if log:
        positive = {"column": "smallest", "min_value": 0, "strict_min": True}
        found.append(Expectation(between, positive, "values are above 0, as data.log requires"))
    if min_value is not None:
        low = {"column": "smallest", "min_value": min_value}
        found.append(Expectation(between, low, f"values are at least data.min_value, {min_value}"))
    if max_value is not None:
        high = {"column": "largest", "max_value": max_value}
        found.append(Expectation(between, high, f"values are at most data.max_value, {max_value}"))
    return found
