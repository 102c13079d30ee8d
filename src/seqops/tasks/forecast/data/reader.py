"""Read CSV files to one row per time step, in file order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing.csv_table import check_header, parse_number, read_csv_rows

Frequency = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "position"]
PERIOD = {
    "year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D", "hour": "h", "minute": "min",
}  # fmt: skip
VALUE, COVARIATE = "value.", "covariate."
SHAPE = "It needs a header line and one row per time step."
KEYS = "`data.date`, `data.values` or `data.covariates`"


def parse_series(
    path: Path, text: str, date: str, values: Sequence[str], covariates: Sequence[str], frequency: Frequency
) -> pd.DataFrame:
    """Parse a file's text: `line`, `series` (its stem), `date` (text), `ordinal`, `value.*`, `covariate.*`.

    An empty `date` means the first column; empty `values` mean every column that is neither the date
    nor a covariate. A missing value becomes NaN. Raises DataError for what cannot be parsed.
    """
    lines, rows = read_csv_rows(path, text, SHAPE)
    header, body = rows[0], rows[1:]
    date = date or header[0]
    values = list(values) or [name for name in header if name not in (date, *covariates)]
    check_header(path, 1, header, [date, *values, *covariates], KEYS)
    if not values:
        raise DataError.at(path, 1, "no value column", "Add a column of numbers next to the date.")
    texts = [record[header.index(date)].strip() for record in body]
    table: dict[str, object] = {"line": lines[1:], "series": path.stem, "date": texts}
    table["ordinal"] = ordinals(path, lines[1:], texts, frequency)
    for prefix, names in ((VALUE, values), (COVARIATE, covariates)):
        for name in names:
            cells = [record[header.index(name)] for record in body]
            table[prefix + name] = [
                parse_number(path, *cell, name) for cell in zip(lines[1:], cells, strict=True)
            ]
    return pd.DataFrame(table)


def figure_columns(values: Sequence[str], covariates: Sequence[str]) -> list[str]:
    """Return the names of the numeric columns of a table, values first."""
    return [*(VALUE + name for name in values), *(COVARIATE + name for name in covariates)]


def ordinals(
    path: Path, lines: Sequence[int], texts: Sequence[str], frequency: Frequency
) -> npt.NDArray[np.int64]:
    """Number the rows by period since 1970 (or by step since the first row): consecutive rows differ by 1."""
    if frequency == "position":
        return _positions(path, lines, texts)
    dates = pd.to_datetime(pd.Series(texts), format="ISO8601", errors="coerce")
    if dates.isna().any():
        bad = int(np.flatnonzero(dates.isna())[0])
        fix = "Write dates as 2024-01-31, months as 2024-01, times as 2024-01-31T13:00."
        raise DataError.at(path, lines[bad], f"{texts[bad][:40]!r} is not a date", fix)
    return np.asarray(dates.dt.to_period(PERIOD[frequency]).astype("int64"), np.int64)


def _positions(path: Path, lines: Sequence[int], texts: Sequence[str]) -> npt.NDArray[np.int64]:
    x = np.array([parse_number(path, *cell, "position") for cell in zip(lines, texts, strict=True)])
    if np.isnan(x).any():
        bad = lines[int(np.flatnonzero(np.isnan(x))[0])]
        raise DataError.at(path, bad, "the position is missing", "Number the rows in equal steps.")
    step = float(np.median(np.abs(np.diff(x)))) if len(x) > 1 else 1.0
    positions: npt.NDArray[np.int64] = np.rint((x - x[0]) / (step or 1.0)).astype(np.int64)
    return positions
