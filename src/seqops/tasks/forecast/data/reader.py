"""Read CSV files to one row per time step, in file order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing.csv_table import MISSING, check_header, concat_tables, parse_number, read_csv_rows
from seqops.preprocessing.number_format import NumberFormat
from seqops.preprocessing.text_file import read_text
from seqops.tasks.forecast.data.gaps import Gaps, with_missing_rows
from seqops.tasks.forecast.data.stamps import is_date
from seqops.tasks.forecast.data.timeline import Column, Timeline

VALUE, COVARIATE = "value.", "covariate."
SHAPE = "It needs a header line and one row per time step."
KEYS = "`data.date`, `data.values` or `data.covariates`"


@dataclass(frozen=True)
class SeriesFormat:
    """How a file is read.

    An empty `date` means the first column; empty `values` mean every column that is neither the date
    nor a covariate.
    """

    date: str
    values: Sequence[str]
    covariates: Sequence[str]
    frequency: str
    time_zone: str
    numbers: NumberFormat
    gaps: Gaps


def read_files(raw: Sequence[Path], form: SeriesFormat) -> pd.DataFrame:
    """Read each file as one series; an inferred frequency becomes the column `frequency`.

    Raises DataError for what cannot be parsed, and for inferred frequencies that differ.
    """
    found = [parse_series(path, read_text(path), form) for path in raw]
    table = concat_tables(raw, [rows for rows, _ in found])
    if form.frequency != "auto":
        return table
    for path, (_, frequency) in zip(raw, found, strict=True):
        if frequency != found[0][1]:
            what = f"its frequency, {frequency}, differs from that of {raw[0].name}, {found[0][1]}"
            raise DataError.at(path, None, what, "Give series of one frequency.")
    return table.assign(frequency=found[0][1])


def parse_series(path: Path, text: str, form: SeriesFormat) -> tuple[pd.DataFrame, str]:
    """Parse a file's text: `line`, `series` (its stem), `date` (text), `ordinal`, `value.*`, `covariate.*`.

    Returns the frequency as well. A missing value becomes NaN, and so do missing rows unless they are
    refused. Raises DataError for what cannot be parsed.
    """
    lines, rows = read_csv_rows(path, text, SHAPE)
    header, body = _without_index([cell.strip() for cell in rows[0]], rows[1:])
    date = form.date or header[0]
    values = list(form.values) or [name for name in header if name not in (date, *form.covariates)]
    check_header(path, 1, header, [date, *values, *form.covariates], KEYS)
    if not values:
        raise DataError.at(path, 1, "no value column", "Add a column of numbers next to the date.")
    texts = [record[header.index(date)].strip() for record in body]
    column = Column(path, lines[1:], texts, form.time_zone, form.gaps == "refuse")
    timeline = _timeline(column, form.frequency, date, header, body)
    table: dict[str, object] = {"line": lines[1:], "series": path.stem, "date": texts}
    table["ordinal"] = timeline.ordinals
    for prefix, names in ((VALUE, values), (COVARIATE, form.covariates)):
        for name in names:
            cells = [record[header.index(name)] for record in body]
            table[prefix + name] = _figures(path, lines[1:], cells, name, form.numbers)
    found = pd.DataFrame(table)
    return (
        found if form.gaps == "refuse" else with_missing_rows(found, timeline.frequency)
    ), timeline.frequency


def _without_index(header: list[str], body: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out columns without name and content, and a running number without name before the dates."""
    kept = [i for i, name in enumerate(header) if name or any(row[i].strip() for row in body)]
    unnamed = header[kept[0]] == "" or header[kept[0]].startswith("Unnamed:")
    if unnamed and len(kept) > 2:
        numbers = [row[kept[0]].strip() for row in body]
        start = {"0": 0, "1": 1}.get(numbers[0])
        running = start is not None and numbers == [str(start + i) for i in range(len(numbers))]
        if running and all(is_date(row[kept[1]].strip()) for row in body):
            kept = kept[1:]
    return [header[i] for i in kept], [[row[i] for i in kept] for row in body]


def _timeline(
    column: Column, frequency: str, date: str, header: Sequence[str], body: Sequence[Sequence[str]]
) -> Timeline:
    """Number the rows. Where the column holds no dates, the error names one that does."""
    try:
        return column.timeline(frequency)
    except DataError as error:
        others = [i for i, name in enumerate(header) if name != date]
        if is_date(column.texts[0]):
            raise
        dated = [header[i] for i in others if all(is_date(row[i].strip()) for row in body)]
        if not dated:
            raise
        raise DataError(
            f"{str(error).partition('. ')[0]}. Column {dated[0]!r} holds dates: set data.date: {dated[0]}. "
            f"If {date!r} names several series, give one file per series."
        ) from None


def _figures(
    path: Path, lines: Sequence[int], cells: Sequence[str], name: str, numbers: NumberFormat
) -> list[float]:
    known = [cell.strip() for cell in cells if cell.strip().lower() not in MISSING]
    if (cell := numbers.ambiguous(known)) is not None:
        line = next(line for line, text in zip(lines, cells, strict=True) if text.strip() == cell)
        what = f"{cell!r} in column {name!r} may be a thousand or a fraction"
        raise DataError.at(path, line, what, f"Set {numbers.wanted(cell)}.")
    return [parse_number(path, *cell, name, numbers) for cell in zip(lines, cells, strict=True)]


def figure_columns(values: Sequence[str], covariates: Sequence[str]) -> list[str]:
    """Return the names of the numeric columns of a table, values first."""
    return [*(VALUE + name for name in values), *(COVARIATE + name for name in covariates)]
