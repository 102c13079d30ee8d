"""CSV files -> one row a time step, in published order; refusals in words for people."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.contract import BadData

Frequency = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "position"]
PERIOD = {
    "year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D", "hour": "h", "minute": "min",
}  # fmt: skip
VALUE, COVARIATE = "value.", "covariate."
MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


def parse_series(
    path: Path, text: str, date: str, values: Sequence[str], covariates: Sequence[str], frequency: Frequency
) -> pd.DataFrame:
    """Parse a file's text: `line`, `series` (its stem), `date` (text), `ordinal`, `value.*`, `covariate.*`.

    An empty `date` means the first column; empty `values` mean every column that is neither the date
    nor a covariate. Raises BadData for what cannot be parsed; a missing figure becomes NaN.
    """
    lines, rows = _records(path, text)
    header, records = rows[0], rows[1:]
    date = date or header[0]
    values = list(values) or [name for name in header if name not in (date, *covariates)]
    _check_columns(path, header, [date, *values, *covariates])
    if not values:
        raise BadData.at(path, 1, "no value column", "Add a column of numbers beside the date.")
    texts = [record[header.index(date)].strip() for record in records]
    table: dict[str, object] = {"line": lines[1:], "series": path.stem, "date": texts}
    table["ordinal"] = ordinals(path, lines[1:], texts, frequency)
    for prefix, names in ((VALUE, values), (COVARIATE, covariates)):
        for name in names:
            cells = [record[header.index(name)] for record in records]
            table[prefix + name] = [_number(path, *cell, name) for cell in zip(lines[1:], cells, strict=True)]
    return pd.DataFrame(table)


def figure_columns(values: Sequence[str], covariates: Sequence[str]) -> list[str]:
    """Name the columns of a table that hold figures, values first."""
    return [*(VALUE + name for name in values), *(COVARIATE + name for name in covariates)]


def decode(path: Path) -> str:
    """Read UTF-8, with or without a byte order mark. Raises BadData, naming the line of a bad byte."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadData.at(path, None, "no such file", "Check the path, or run the download again.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadData.at(path, line, "not UTF-8 text", "Save the file as UTF-8.") from None


def _records(path: Path, text: str) -> tuple[list[int], list[list[str]]]:
    """Split to rows of cells with their 1-based lines; blank lines are passed over."""
    if "\0" in text:
        raise BadData.at(
            path, None, "holds NUL bytes, so it is no CSV text", "Export the table as UTF-8 CSV."
        )
    content = text.splitlines()
    header = next((line for line in content if line.strip()), "")
    reader = csv.reader(content, delimiter=_delimiter(header), strict=True, skipinitialspace=True)
    lines, rows = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise BadData.at(path, reader.line_num, f"broken CSV ({error})", "Mend the quotes.") from None
    if len(rows) < 2:
        raise BadData.at(path, None, "holds no data rows", "It needs a header line and one row a time step.")
    _check_widths(path, lines, rows)
    return lines, rows


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _check_widths(path: Path, lines: list[int], rows: list[list[str]]) -> None:
    width = len(rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            mend = "Every row needs as many cells as the header; a last row cut short means a cut file."
            raise BadData.at(path, line, f"{len(row)} cells where the header has {width}", mend)


def _check_columns(path: Path, header: list[str], wanted: list[str]) -> None:
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise BadData.at(path, 1, f"two columns are called {doubled[0]!r}", "Rename one of them.")
    for name in wanted:
        if name not in header:
            known = ", ".join(map(repr, header))
            mend = "Name one of those in `data.date`, `data.values` or `data.covariates`."
            raise BadData.at(path, 1, f"there is no column {name!r} (the header has {known})", mend)


def _number(path: Path, line: int, text: str, column: str) -> float:
    cell = text.strip()
    if cell.lower() in MISSING:
        return math.nan
    try:
        number = float(cell)
    except ValueError:
        number = math.inf
    if math.isinf(number):
        mend = "Write numbers as 1234.5, without thousands separators or units."
        raise BadData.at(path, line, f"{cell[:40]!r} in column {column!r} is not a number", mend)
    return number


def ordinals(
    path: Path, lines: Sequence[int], texts: Sequence[str], frequency: Frequency
) -> npt.NDArray[np.int64]:
    """Number the rows by period since 1970 (or by step since the first row): neighbours differ by 1."""
    if frequency == "position":
        return _positions(path, lines, texts)
    dates = pd.to_datetime(pd.Series(texts), format="ISO8601", errors="coerce")
    if dates.isna().any():
        bad = int(np.flatnonzero(dates.isna())[0])
        mend = "Write dates as 2024-01-31, months as 2024-01, times as 2024-01-31T13:00."
        raise BadData.at(path, lines[bad], f"{texts[bad][:40]!r} is not a date", mend)
    return np.asarray(dates.dt.to_period(PERIOD[frequency]).astype("int64"), np.int64)


def _positions(path: Path, lines: Sequence[int], texts: Sequence[str]) -> npt.NDArray[np.int64]:
    x = np.array([_number(path, *cell, "position") for cell in zip(lines, texts, strict=True)])
    if np.isnan(x).any():
        bad = lines[int(np.flatnonzero(np.isnan(x))[0])]
        raise BadData.at(path, bad, "the position is missing", "Number the rows by equal steps.")
    step = float(np.median(np.abs(np.diff(x)))) if len(x) > 1 else 1.0
    places: npt.NDArray[np.int64] = np.rint((x - x[0]) / (step or 1.0)).astype(np.int64)
    return places
