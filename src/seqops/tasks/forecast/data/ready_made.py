"""Forecasts of other systems, read from a file: baselines of the test rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.csv_table import check_header, parse_number, read_csv_rows
from seqops.preprocessing.number_format import NumberFormat
from seqops.preprocessing.text_file import read_text
from seqops.tasks.forecast.data.reader import VALUE

FORECAST = "forecast."
"""Prefix of the columns of a table with the forecasts of a system."""
SHAPE = "It needs a header line `method,series,h1,h2 ...` and one row per method and series."


def with_ready_made(table: pd.DataFrame, path: Path, test: int, numbers: NumberFormat) -> pd.DataFrame:
    """Add a column `forecast.<method>` with the forecasts of the last `test` rows of each series.

    The file has the columns `method`, `series`, `h1`, `h2` ...: steps after the last row before them. Raises
    DataError for a series that the table does not have, for figures that are missing or no numbers, and for a
    table with several value columns.
    """
    values = [name for name in table.columns if name.startswith(VALUE)]
    if len(values) > 1:
        what = f"forecasts one column, but the data have {len(values)} value columns"
        raise DataError.at(path, None, what, "Name one of them in data.values.")
    lines, rows = read_csv_rows(path, read_text(path), SHAPE)
    header = [cell.strip() for cell in rows[0]]
    steps = sorted((n for n in header if re.fullmatch(r"h[1-9]\d*", n)), key=lambda n: int(n[1:]))
    check_header(path, 1, header, ["method", "series", *(steps or ["h1"])], "the header")
    if steps != [f"h{i}" for i in range(1, len(steps) + 1)]:
        raise DataError.at(path, 1, "the steps are not h1, h2 ... without a gap", SHAPE)
    places = {name: at[-test:] for name, at in table.groupby("series", sort=False).indices.items()}
    found: dict[str, npt.NDArray[np.float64]] = {}
    seen: dict[tuple[str, str], int] = {}
    method, series = header.index("method"), header.index("series")
    columns = [header.index(step) for step in steps[:test]]
    for line, row in zip(lines[1:], rows[1:], strict=True):
        at = places.get(row[series].strip())
        if at is None:
            what = f"there is no series {quoted(row[series].strip())}"
            raise DataError.at(path, line, what, "Name the series as the data do.")
        name = row[method].strip()
        if (first := seen.setdefault((name, row[series].strip()), line)) != line:
            what = f"{name} has a forecast of series {quoted(row[series].strip())} in line {first}, too"
            raise DataError.at(path, line, what, "Keep one of them.")
        if name not in found:
            found[name] = np.full(len(table), np.nan)
        figures = [parse_number(path, line, row[c], header[c], numbers) for c in columns]
        found[name][at[: len(figures)]] = figures[: len(at)]
    return table.assign(**{FORECAST + name: values for name, values in found.items()})


def file_named(setting: str, name: str, raw: Sequence[Path]) -> Path:
    """Return the source file that a setting names. Raises DataError if there is none."""
    found = [path for path in raw if path.name == name]
    if not found:
        names = ", ".join(path.name for path in raw)
        raise DataError(f"{setting}: {name} is none of the source files: {names}.")
    return found[0]


def systems_of(table: pd.DataFrame) -> list[str]:
    """Return the names of the systems whose forecasts a table has."""
    return [name.removeprefix(FORECAST) for name in table.columns if name.startswith(FORECAST)]


def forecasts_of(table: pd.DataFrame, systems: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the forecasts of these systems, NaN for one that the table does not have: (N, B)."""
    columns = [FORECAST + name for name in systems]
    return table.reindex(columns=columns).to_numpy(np.float64)
