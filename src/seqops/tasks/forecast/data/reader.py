"""Read CSV files to one row per series and time step, in file order."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.csv_table import (
    MISSING,
    check_header,
    concat_tables,
    is_index,
    parse_number,
    read_csv_rows,
)
from seqops.preprocessing.number_format import NumberFormat
from seqops.preprocessing.text_file import read_text
from seqops.tasks.forecast.data.gaps import Gaps, with_missing_rows
from seqops.tasks.forecast.data.header import with_header
from seqops.tasks.forecast.data.months_across import refuse_months_across
from seqops.tasks.forecast.data.series_column import date_parts, series_column, series_pair
from seqops.tasks.forecast.data.stamps import DateOrder, is_date, order_of, run_backwards
from seqops.tasks.forecast.data.timeline import Column, Timeline

VALUE, COVARIATE, STATIC = "value.", "covariate.", "static."
Columns = dict[str, npt.NDArray[Any]]
SHAPE = "It needs one row per time step: a date and numbers, or a number."
KEYS = "`data.series`, `data.date`, `data.values`, `data.covariates` or `data.static`"


@dataclass(frozen=True)
class SeriesFormat:
    """How a file is read.

    An empty `date` means the first column that has no other use, an empty `series` one series per file; empty
    `values` mean every column that is none of these, no covariate and not static. certain: whether the
    frequency is that of the trained model, or of another series of the file, and need not show in the rows.
    """

    series: str
    date: str
    values: Sequence[str]
    covariates: Sequence[str]
    static: Sequence[str]
    frequency: str
    time_zone: str
    date_order: DateOrder
    numbers: NumberFormat
    gaps: Gaps
    certain: bool = False


def read_files(raw: Sequence[Path], form: SeriesFormat) -> pd.DataFrame:
    """Read each file; an inferred frequency becomes the column `frequency`.

    Raises DataError for what cannot be parsed, and for inferred frequencies that differ.
    """
    found = [parse_file(path, read_text(path), form) for path in raw]
    table = concat_tables(raw, [rows for rows, _ in found])
    if form.frequency != "auto":
        return table
    for path, (_, frequency) in zip(raw, found, strict=True):
        if frequency != found[0][1]:
            what = f"its frequency, {frequency}, differs from that of {raw[0].name}, {found[0][1]}"
            raise DataError.at(path, None, what, "Give series of one frequency.")
    return table.assign(frequency=found[0][1])


@dataclass(frozen=True)
class Rows:
    """Rows of a file: their lines, the header and the cells."""

    path: Path
    lines: Sequence[int]
    header: Sequence[str]
    cells: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        """Return the texts of a column."""
        at = self.header.index(name)
        return [row[at].strip() for row in self.cells]

    def by(self, column: str) -> dict[str, Rows]:
        """Divide the rows by the texts of a column, in the order of their first occurrence."""
        found: dict[str, list[int]] = {}
        for row, name in enumerate(self.column(column)):
            found.setdefault(name, []).append(row)
        return {name: self._take(rows) for name, rows in found.items()}

    def oldest_first(self, date: str, time_zone: str, order: DateOrder) -> Rows:
        """Return the rows from the last line up if their dates run backwards, else as they are."""
        backwards = run_backwards(self.column(date), time_zone, order)
        return self._take(range(len(self.lines))[::-1]) if backwards else self

    def _take(self, rows: Sequence[int]) -> Rows:
        lines, cells = [self.lines[i] for i in rows], [self.cells[i] for i in rows]
        return Rows(self.path, lines, self.header, cells)


def parse_file(path: Path, text: str, form: SeriesFormat) -> tuple[pd.DataFrame, str]:
    """Parse a file's text: `line`, `series`, `date` (text), `ordinal`, `value.*`, `covariate.*`,
    `static.*` (text).

    A file without a header gets the names of `with_header`. The name of a series is the stem of the file, or
    the text of its column `form.series`. Returns the frequency as well; it is inferred from the longest
    series. The rows of a series whose dates run backwards are turned round. A missing value becomes NaN, and
    so do missing rows unless they are refused. Raises DataError for what cannot be parsed.
    """
    lines, rows = with_header(*read_csv_rows(path, text, SHAPE))
    header, body = _without_index([cell.strip() for cell in rows[0]], rows[1:])
    named = [form.series] if form.series else []
    known = [*named, *form.covariates, *form.static]
    date = form.date or next((name for name in header if name not in known), "")
    others = [*known, date]
    values = list(form.values) or [name for name in header if name not in others]
    check_header(path, 1, header, [*others, *values], KEYS)
    if not values:
        raise DataError.at(path, 1, "no value column", "Add a column of numbers next to the date.")
    every = Rows(path, lines[1:], header, body)
    if not (form.values or form.series):
        refuse_months_across(path, header, date, every.column(date))
    order = order_of(every.column(date)) if form.date_order == "auto" else form.date_order
    form = replace(form, date=date, values=values, date_order=order)
    if not form.series:
        _check_one_series(every, date, form.certain)
    for name in (*values, *form.covariates):
        _check_unambiguous(every, name, form.numbers)
    columns, timeline = _parse_many(every, form) if form.series else _parse_series(path.stem, every, form)
    table, frequency = pd.DataFrame(columns), timeline.frequency
    return table if form.gaps == "refuse" else with_missing_rows(path, table, frequency), frequency


def _parse_many(every: Rows, form: SeriesFormat) -> tuple[Columns, Timeline]:
    parts = every.by(form.series)
    if "" in parts:
        what, fix = f"column {quoted(form.series)} is empty", "Give the name of the series in each row."
        raise DataError.at(every.path, parts[""].lines[0], what, fix)
    longest = max(parts, key=lambda name: len(parts[name].lines))
    timeline = _parse_series(longest, parts[longest], form)[1]
    order = form.date_order if timeline.order == "auto" else timeline.order
    form = replace(form, frequency=timeline.frequency, date_order=order, certain=True)
    found = [_parse_series(name, part, form)[0] for name, part in parts.items()]
    table = {name: np.concatenate([part.pop(name) for part in found]) for name in [*found[0]]}
    return table, timeline


def _parse_series(name: str, rows: Rows, form: SeriesFormat) -> tuple[Columns, Timeline]:
    rows = rows.oldest_first(form.date, form.time_zone, form.date_order)
    texts = rows.column(form.date)
    column = Column(
        rows.path, rows.lines, texts, form.time_zone, form.gaps == "refuse", form.date_order, form.certain
    )
    timeline = _timeline(column, form, rows)
    table = {
        "line": np.array(rows.lines),
        "series": np.full(len(texts), name, object),
        # series share their dates
        "date": np.array([sys.intern(text) for text in texts], object),
        "ordinal": timeline.ordinals,
    }
    for prefix, names in ((VALUE, form.values), (COVARIATE, form.covariates)):
        for figure in names:
            table[prefix + figure] = np.array(_figures(rows, figure, form.numbers))
    table |= {STATIC + column: np.array(rows.column(column), object) for column in form.static}
    return table, timeline


def _without_index(header: list[str], body: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out columns without name and content, and a running number without name before the dates."""
    kept = [i for i, name in enumerate(header) if name or any(row[i].strip() for row in body)]
    index = len(kept) > 2 and is_index(header[kept[0]], [row[kept[0]] for row in body])
    if index and all(is_date(row[kept[1]].strip()) for row in body):
        kept = kept[1:]
    if len(kept) == len(header):
        return header, body
    return [header[i] for i in kept], [[row[i] for i in kept] for row in body]


def _timeline(column: Column, form: SeriesFormat, rows: Rows) -> Timeline:
    """Number the rows. Where the column holds no dates, the error names one that does."""
    try:
        return column.timeline(form.frequency)
    except DataError as error:
        others = [name for name in rows.header if name != form.date]
        if is_date(column.texts[0]):
            raise
        dated = [name for name in others if all(is_date(text) for text in rows.column(name))]
        if not dated:
            raise
        fix = (
            f"Column {quoted(dated[0])} holds dates: set data.date: {dated[0]}. "
            f"If {quoted(form.date)} names several series, also set data.series: {form.date}."
        )
        raise DataError.at(rows.path, error.line, error.fault.partition(". ")[0], fix) from None


def _check_one_series(rows: Rows, date: str, request: bool) -> None:
    """Raise DataError where the dates of several series follow each other."""
    fix = "Give one series per input, or name the columns as in training."
    columns, dates = {name: rows.column(name) for name in rows.header if name != date}, rows.column(date)
    if parts := date_parts(columns, dates):
        what = f"the dates repeat, because they are divided among the columns {', '.join([date, *parts])}"
        raise DataError.at(rows.path, None, what, "Join them in one column, such as 2024-01-31 or 2024-01.")
    if name := series_column(columns, dates):
        what = (
            f"most dates repeat, and column {quoted(name)} tells their rows apart: a table of several series"
        )
        own = f"Set data.series: {name}, and data.scaling: window."
        raise DataError.at(rows.path, None, what, fix if request else own)
    if pair := series_pair(columns, dates):
        what = f"most dates repeat, and {' and '.join(pair)} together tell their rows apart: several series"
        own = "Join them in one column, name that in data.series, and set data.scaling: window."
        raise DataError.at(rows.path, None, what, fix if request else own)


def _check_unambiguous(rows: Rows, name: str, numbers: NumberFormat) -> None:
    cells = rows.column(name)
    cell = numbers.ambiguous(cell for cell in cells if cell.lower() not in MISSING)
    if cell is not None:
        what = f"{quoted(cell)} in column {quoted(name)} may be a thousand or a fraction"
        raise DataError.at(rows.path, rows.lines[cells.index(cell)], what, f"Set {numbers.wanted(cell)}.")


def _figures(rows: Rows, name: str, numbers: NumberFormat) -> list[float]:
    cells = zip(rows.lines, rows.column(name), strict=True)
    return [parse_number(rows.path, line, text, name, numbers) for line, text in cells]


def figure_columns(values: Sequence[str], covariates: Sequence[str]) -> list[str]:
    """Return the names of the numeric columns of a table, values first."""
    return [*(VALUE + name for name in values), *(COVARIATE + name for name in covariates)]
