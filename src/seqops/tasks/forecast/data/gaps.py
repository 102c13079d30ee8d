"""Missing rows and values: where they are, and how the past before an origin is filled."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.ragged import Array
from seqops.tasks.forecast.data.frequency import Frequency

Gaps = Literal["refuse", "nan", "interpolate", "forward"]
FEW_MISSING, MOST_MISSING = 1_000, 10
"""Missing rows that may be inserted anywhere, and for each row that there is."""


def period_name(ordinal: int, frequency: str) -> str:
    """Name the period with that number; a position is its own name."""
    return str(ordinal) if frequency == "position" else Frequency.parse(frequency).format(ordinal)


def with_missing_rows(path: Path, table: pd.DataFrame, frequency: str) -> pd.DataFrame:
    """Insert a row without values for every period that is missing between two rows of a series.

    The rows of a series follow each other. Each inserted one has the line of the row before it. Rows out of
    order stay as they are. Raises DataError where far more rows are missing than there are.
    """
    step = table.groupby("series", sort=False)["ordinal"].diff().fillna(1).astype(np.int64).to_numpy()
    copies = np.maximum(np.append(step[1:], 1), 1)
    if (missing := int(copies.sum()) - len(table)) > max(FEW_MISSING, MOST_MISSING * len(table)):
        row = table.iloc[int(copies.argmax())]
        what = f"after {row['date']}, {copies.max() - 1:,} of {missing:,} missing rows follow"
        fix = f"The file has {len(table):,} rows: correct the date, or set data.frequency to a longer step."
        raise DataError.at(path, int(row["line"]), what, fix)
    rows = np.repeat(np.arange(len(table)), copies)
    ahead = np.arange(len(rows)) - np.repeat(np.cumsum(copies) - copies, copies)
    found = table.iloc[rows].reset_index(drop=True)
    found["ordinal"] += ahead
    inserted = ahead > 0
    names = [period_name(int(ordinal), frequency) for ordinal in found.loc[inserted, "ordinal"]]
    found.loc[inserted, "date"] = names
    figures = [name for name in found.columns if name.startswith(("value.", "covariate."))]
    found.loc[inserted, figures] = np.nan
    return found


def missing_values(checked: pd.DataFrame, gaps: Gaps) -> str:
    """Say how many rows have no value, where that is allowed; empty: none."""
    missing = checked["missing"] > 0
    if gaps == "refuse" or not missing.any():
        return ""
    first = checked.loc[missing, "date"].iloc[0]
    return f"rows without a value: {missing.sum()}, the first {first} (data.gaps: {gaps})"


def filled(past: Array, gaps: Gaps) -> Array:
    """Fill the missing values of a past (T, D), each from that past alone; a column without values stays.

    `interpolate` draws a line between the known neighbours, `forward` repeats the last known value, and so
    does `interpolate` at the end; the first known value fills the beginning. `nan` fills nothing.
    """
    if gaps in ("refuse", "nan") or not np.isnan(past).any():
        return past
    return np.stack([_filled(column, gaps) for column in past.T], axis=1)


def _filled(column: Array, gaps: Gaps) -> npt.NDArray[np.float64]:
    known = np.flatnonzero(np.isfinite(column))
    if not len(known):
        return np.asarray(column, np.float64)
    steps = np.arange(len(column))
    if gaps == "forward":
        latest = np.maximum.accumulate(np.where(np.isfinite(column), steps, known[0]))
        return np.asarray(column[latest], np.float64)
    return np.asarray(np.interp(steps, known, column[known]), np.float64)
