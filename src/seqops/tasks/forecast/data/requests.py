"""Raw series of requests: CSV or lists of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError, quoted
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.preprocessing.csv_table import read_csv_rows
from seqops.preprocessing.number_format import NumberFormat
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.encoding import static_kinds
from seqops.tasks.forecast.data.header import are_given_names, has_names
from seqops.tasks.forecast.data.origins import Series
from seqops.tasks.forecast.data.reader import SHAPE, STATIC, SeriesFormat, figure_columns, parse_file

SPACES = re.compile(r"[\s;]+")
COMMAS = re.compile(r",\s*")


@dataclass(frozen=True)
class Request:
    """One raw series; lines: of its rows in the request; name: empty if the request does not name it.

    kinds: (S,), the numbers of its static texts. A list of numbers has neither dates nor lines.
    """

    series: Series
    kinds: npt.NDArray[np.int64]
    lines: Sequence[int] = ()
    name: str = ""

    @property
    def dated(self) -> bool:
        """Return whether it had dates."""
        return len(self.lines) > 0

    def line(self, row: int) -> int | None:
        """Return the line of a row, None for a list."""
        return self.lines[row] if self.dated else None


def latest_window(text: str, index: int, data: Dataset, meta: Meta) -> Split:
    """Cut the example at the end of one raw series. Raises DataError with the number of the input, from 1."""
    request = parse_request(text, index, data, meta)
    series, name = request.series, _name(index, request.name)
    window_spec = data.window_spec(meta)
    least = int(meta.get("min_history") or meta["window"])
    if len(series) < least:
        pad = ", or train with data.short: pad" if data.series and data.short == "refuse" else ""
        fix = f"Give at least the latest {least} values{pad}."
        raise DataError.at(name, None, f"{len(series)} values are too few", fix)
    missing = np.isnan(series.figures)
    if missing.any() if data.gaps == "refuse" else missing.all(axis=0).any():
        row = int(np.argmax(missing.any(axis=1)))
        what, fix = f"value {row + 1} is missing", "Fill the gap before forecasting."
        raise DataError.at(name, request.line(row), what, fix)
    steps = np.diff(series.ordinals, prepend=series.ordinals[0] - 1)
    regular = f"Give one row per {meta['frequency']}, in order, without gaps."
    if data.series and not request.name:
        regular += f" Several series need the column {quoted(data.series)}."
    faults = [
        ("a value is not a finite number", "Give numbers as 1234.5.", np.isinf(series.figures).any(axis=1)),
        ("the date is that of the row before", regular, steps == 0),
        ("the date does not follow the previous one", regular, steps != 1),
    ]
    if meta["log"]:
        fix = "The model was trained on logarithms: give values above 0."
        low = (series.figures[:, : window_spec.values] <= 0).any(axis=1)
        faults.append(("a value is 0 or less", fix, low))
    for what, fix, wrong in faults:
        if np.any(wrong):
            raise DataError.at(name, request.line(int(np.argmax(wrong))), what, fix)
    end = np.array([len(series)], np.int64)
    found = window_spec.examples(series, end, len(series), max(meta["window"], data.max_history))
    return Split({**found.columns, "static": request.kinds[None]})


def unknown_texts(text: str, index: int, data: Dataset, meta: Meta) -> list[str]:
    """Name the static texts of one raw series that no training row had, each with its column."""
    known = meta.get("static", {})
    if not known or listed(text, index, data.numbers) is not None:
        return []
    table, _ = parse_file(_name(index), text, _format(text, index, data, meta))
    found = {name: table[STATIC + name].iloc[-1] for name in known if STATIC + name in table}
    return [f"{name} {kind!r}" for name, kind in found.items() if kind not in known[name]]


def parse_request(text: str, index: int, data: Dataset, meta: Meta) -> Request:
    """Read CSV or a plain list of numbers.

    A list holds the first value column and is assumed to start where the training series started.
    """
    columns = len(meta["values"]) + len(meta["covariates"])
    figures = listed(text, index, data.numbers)
    if figures is not None:
        if columns > 1:
            fix = f"Give CSV with a date and the columns {', '.join(meta['values'] + meta['covariates'])}."
            raise DataError.at(_name(index), None, "a plain list holds one column only", fix)
        ordinals = meta["first_ordinal"] + np.arange(len(figures), dtype=np.int64)
        unknown = np.zeros(len(meta.get("static", {})), np.int64)
        return Request(Series(np.array(figures)[:, None], ordinals, index), unknown)
    form = _format(text, index, data, meta)
    table, _ = parse_file(_name(index), text, form)
    names = table["series"].unique()
    if len(names) > 1:
        fix = "Give one series per input, or all of them in a file, by --file."
        raise DataError.at(_name(index), None, f"{len(names)} series in one input", fix)
    named = figure_columns(form.values, form.covariates)
    found = table[named] if named else table.filter(regex=r"^value\.")
    if found.shape[1] != columns:
        wanted = ", ".join(meta["values"] + meta["covariates"])
        fix = f"Give a date and, in this order, {wanted}."
        raise DataError.at(_name(index), 1, f"{found.shape[1]} columns besides the date", fix)
    series = Series(found.to_numpy(np.float64), table["ordinal"].to_numpy(np.int64), index)
    kinds = static_kinds(table, meta.get("static", {}))[-1]
    return Request(series, kinds, table["line"].tolist(), str(names[0]) if form.series else "")


def _format(text: str, index: int, data: Dataset, meta: Meta) -> SeriesFormat:
    """Return how to read a CSV: its columns by the names of the training data, or by their places.

    By their places only where this file, or that of the training, has no names. Raises DataError for other
    names.
    """
    form = data.series_format(meta["frequency"], meta["time_zone"])
    rows = read_csv_rows(_name(index), text, SHAPE)
    if meta["frequency"] != "position":
        _refuse_figures(index, *rows, data.numbers)
    header = [cell.strip() for cell in rows[1][0]]
    series = form.series if form.series in header else ""
    alike = [name for name in header if name.casefold() == form.series.casefold() != ""]
    if alike and not series:
        what = f"there is no column {quoted(form.series)} (data.series), but {quoted(alike[0])}"
        raise DataError.at(_name(index), 1, what, f"Rename it to {form.series}.")
    date = form.date if form.date in header else ""
    static = [name for name in form.static if name in header]
    form = replace(form, series=series, date=date, static=static, values=(), covariates=(), certain=True)
    wanted = [*meta["values"], *meta["covariates"]]
    missing = [name for name in wanted if name not in header]
    if not missing:
        return replace(form, values=meta["values"], covariates=meta["covariates"])
    if has_names(*rows) and not are_given_names(wanted):
        what = f"there is no column {quoted(missing[0])}, which the model reads"
        raise DataError.at(_name(index), 1, what, f"Name the columns as in training: {', '.join(wanted)}.")
    return form


def _refuse_figures(
    index: int, lines: Sequence[int], rows: Sequence[Sequence[str]], form: NumberFormat
) -> None:
    """Raise DataError for one column of figures that is no list: a header, quotes, or what is no number."""
    column = [row[0].strip() for row in rows]
    wrong = [place for place, cell in enumerate(column) if _number(cell, form) is None]
    if len(rows[0]) > 1 or len(wrong) == len(column):
        return
    if not wrong:
        fix = "Leave them out: a list with a figure a line has none."
        raise DataError.at(_name(index), lines[0], "the figures are in quotes", fix)
    what, fix = f"{quoted(column[wrong[0]])} is not a number", "Correct it, or leave the line out."
    if wrong[0] == 0:
        what = f"{quoted(column[0])} is taken for the header of a table, which has no date column"
        fix = "Add that column, or leave this line out: a list with a figure a line has no header."
    raise DataError.at(_name(index), lines[wrong[0]], what, fix)


def listed(text: str, index: int, numbers: NumberFormat) -> list[float] | None:
    """Read a list separated by spaces, lines, semicolons or commas; None if it is none.

    Raises DataError where a comma may stand within a number or between two: commas separate them only if
    nothing else does.
    """
    cells = [cell for cell in SPACES.split(COMMAS.sub(", ", text.strip())) if cell]
    spaced = [cell for cell in SPACES.split(text.strip()) if cell]
    if numbers.sign == "," or numbers.thousands == ",":
        cells = spaced
    figures = [_number(cell.rstrip(","), numbers) for cell in cells]
    known = [figure for figure in figures if figure is not None]
    if not known or len(known) < len(figures):
        return None
    inner = next((cell for cell in spaced if "," in cell.rstrip(",")), None)
    if cells is not spaced and inner is not None and len(spaced) > 1:
        fix = "Separate numbers by spaces or by commas, not both; for decimal commas, set data.decimal."
        raise DataError.at(_name(index), None, f"{quoted(inner)} may be one number or several", fix)
    return known


def _number(cell: str, numbers: NumberFormat) -> float | None:
    try:
        return float(numbers.plain(cell))
    except ValueError:
        return None


def _name(index: int, series: str = "") -> Path:
    return Path(f"input {index + 1}{f', series {series}' * bool(series)}")
