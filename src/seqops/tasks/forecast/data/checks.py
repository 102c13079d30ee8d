"""Data validation of series before anything is learnt from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.interfaces import Expectation
from seqops.preprocessing.checks import expect_column, expect_rows, expect_splits
from seqops.preprocessing.splitting import SPLITS
from seqops.tasks.forecast.data.reader import COVARIATE, VALUE


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
    order = table["split"].map(SPLITS.index)
    for _, rows in table.groupby("series", sort=False):
        for number in (1, 2):
            earlier = rows.loc[order[rows.index] < number, "ordinal"]
            own = rows.loc[order[rows.index] == number, "ordinal"]
            if len(earlier):
                ahead[own.index] = own - earlier.max()
    return ahead


def expectations(rows: int, log: bool, min_value: float | None, max_value: float | None) -> list[Expectation]:
    """List the expectations on `with_checked_columns`; rows: minimum that gives every split an example."""
    between = "values_to_be_between"
    minimum = f"there are at least {rows} rows: data.window + data.validation + data.test + 2"
    checks = [
        expect_rows(rows, minimum),
        expect_splits("every split has rows"),
        expect_column("values_to_be_unique", "period", "dates are unique"),
        expect_column(between, "step", "dates are in ascending order", min_value=0),
        expect_column(between, "step", "no period is missing between two rows", max_value=1),
        expect_column(between, "ahead", "no date of a split lies in an earlier split", min_value=1),
        expect_column(between, "missing", "no value is missing", max_value=0),
    ]
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
