"""Raw series in, forecasts with intervals out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.metrics.quantile_forecasts import INTERVALS, column
from seqops.preprocessing.number_format import NumberFormat
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.frequency import Frequency
from seqops.tasks.forecast.data.gaps import period_name
from seqops.tasks.forecast.data.origins import Series, concatenate
from seqops.tasks.forecast.data.reader import parse_file

FORECAST_COLUMNS = {"mean": "mean"} | {
    f"{end}{nominal}": column(level)
    for nominal, levels in INTERVALS.items()
    for end, level in zip(("low", "high"), levels, strict=True)
}
"""The fields of a forecast step, and the column of the predictions that each is read from."""
SPACES = re.compile(r"[\s;]+")
COMMAS = re.compile(r",\s*")


@dataclass(frozen=True)
class Request:
    """One raw series; dated: whether it had dates."""

    series: Series
    dated: bool


def latest_window(text: str, index: int, data: Dataset, meta: Meta) -> Split:
    """Cut the example at the end of one raw series. Raises DataError with the number of the input, from 1."""
    series, name = parse_request(text, index, data, meta).series, _name(index)
    window_spec = data.window_spec(meta)
    if len(series) < meta["window"]:
        fix = f"Give at least the latest {meta['window']} values."
        raise DataError.at(name, None, f"{len(series)} values are fewer than one window", fix)
    missing = np.isnan(series.figures)
    if missing.any() if data.gaps == "refuse" else missing.all(axis=0).any():
        row = int(np.flatnonzero(missing.any(axis=1))[0])
        raise DataError.at(name, None, f"value {row + 1} is missing", "Fill the gap before forecasting.")
    if np.isinf(series.figures).any():
        raise DataError.at(name, None, "a value is not a finite number", "Give numbers as 1234.5.")
    if meta["log"] and (series.figures[:, : window_spec.values] <= 0).any():
        fix = "The model was trained on logarithms: give values above 0."
        raise DataError.at(name, None, "a value is 0 or less", fix)
    if (np.diff(series.ordinals) != 1).any():
        row = int(np.flatnonzero(np.diff(series.ordinals) != 1)[0])
        fix = f"Give one row per {meta['frequency']}, in order, without gaps."
        raise DataError.at(name, row + 3, "the date does not follow the previous one", fix)
    end = np.array([len(series)], np.int64)
    return window_spec.examples(series, end, len(series), meta["window"])


def parse_request(text: str, index: int, data: Dataset, meta: Meta) -> Request:
    """Read CSV or a plain list of numbers.

    A list holds the first value column and is assumed to start where the training series started.
    """
    columns = len(meta["values"]) + len(meta["covariates"])
    figures = _listed(text, index, data.numbers)
    if figures is not None:
        if columns > 1:
            fix = f"Give CSV with a date and the columns {', '.join(meta['values'] + meta['covariates'])}."
            raise DataError.at(_name(index), None, "a plain list holds one column only", fix)
        ordinals = meta["first_ordinal"] + np.arange(len(figures), dtype=np.int64)
        return Request(Series(np.array(figures)[:, None], ordinals), False)
    form = replace(
        data.series_format(meta["frequency"], meta["time_zone"]), series="", date="", values=(), covariates=()
    )
    table, _ = parse_file(_name(index), text, form)
    found = table.filter(regex=r"^(value|covariate)\.").to_numpy(np.float64)
    if found.shape[1] != columns:
        wanted = ", ".join(meta["values"] + meta["covariates"])
        fix = f"Give a date and, in this order, {wanted}."
        raise DataError.at(_name(index), 1, f"{found.shape[1]} columns besides the date", fix)
    return Request(Series(found, table["ordinal"].to_numpy(np.int64)), True)


def _listed(text: str, index: int, numbers: NumberFormat) -> list[float] | None:
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
        raise DataError.at(_name(index), None, f"{inner[:40]!r} may be one number or several", fix)
    return known


def _number(cell: str, numbers: NumberFormat) -> float | None:
    try:
        return float(numbers.plain(cell))
    except ValueError:
        return None


def _name(index: int) -> Path:
    return Path(f"input {index + 1}")


def to_record(row: pd.Series, text: str, index: int, data: Dataset, meta: Meta) -> dict[str, Any]:
    """List the forecast steps, with dates if the input had them, and how the calendar was aligned."""
    request = parse_request(text, index, data, meta)
    series, dated = request.series, request.dated and meta["frequency"] != "position"
    shape = (meta["horizon"], len(meta["values"]))
    cells = {
        name: np.asarray(row[source], np.float64).reshape(shape) for name, source in FORECAST_COLUMNS.items()
    }
    steps = []
    for step in range(meta["horizon"]):
        when: dict[str, Any] = {"step": step + 1}
        if dated:
            when["date"] = format_stamp(int(series.ordinals[-1]) + step + 1, meta)
        for v, name in enumerate(meta["values"]):
            figures = {cell: float(values[step, v]) for cell, values in cells.items()}
            steps.append({**when, "series": name, **figures})
    calendar = (
        "dates of the input" if dated else f"by position; the first value taken as {meta['first_date']}"
    )
    return {"calendar": calendar, "known": len(series), "forecast": steps}


def format_stamp(ordinal: int, meta: Meta) -> str:
    """Format the period with that number, such as 1961-01; a time in its zone, with its offset to UTC."""
    if not meta["time_zone"]:
        return period_name(ordinal, meta["frequency"])
    instant = Frequency.parse(meta["frequency"]).stamps(np.array([ordinal], np.int64))[0]
    return pd.Timestamp(instant, tz="UTC").tz_convert(meta["time_zone"]).isoformat(" ", "minutes")


def example(meta: Meta) -> str:
    """Format the stored training rows as an input that `parse_request` accepts."""
    rows = meta["example"]
    if len(meta["values"]) + len(meta["covariates"]) == 1:
        return " ".join(f"{row[0]:g}" for row in rows)
    header = ",".join(["date", *meta["values"], *meta["covariates"]])
    lines = []
    for index, row in enumerate(rows):
        ordinal = meta["first_ordinal"] + index
        date = str(index) if meta["frequency"] == "position" else format_stamp(ordinal, meta)
        lines.append(",".join([date, *(f"{x:g}" for x in row)]))
    return "\n".join([header, *lines])


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw series in, forecasts with intervals out."""

    data: Dataset

    intended_use: ClassVar[str] = (
        "Forecasts the next steps of the series it was trained on, with 80 and 95 % intervals, as input to "
        "plans that are reviewed by people."
    )
    limits: ClassVar[str] = (
        "It knows only the past of the series: it cannot foresee structural breaks or new causes, and its "
        "intervals are valid only while the future resembles the validation and test rows: later errors do "
        "not change them. On short series classical methods are often as good or better: compare the "
        "baselines before relying on it."
    )

    def inputs_of(self, text: str) -> list[str]:
        """Split a file into one list of numbers per line; CSV, or a number per line, is one series."""
        lines = super().inputs_of(text)
        lists = [_listed(line, i, self.data.numbers) for i, line in enumerate(lines) if line.strip()]
        csv = bool(lists) and lists[0] is None
        column = len(lists) > 1 and all(numbers is not None and len(numbers) == 1 for numbers in lists)
        return [text] if csv or column else lines

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Cut the example at the end of each raw series."""
        return concatenate([latest_window(text, i, self.data, meta) for i, text in enumerate(inputs)])

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """List the forecast steps of each series with their 80 and 95 % intervals."""
        return [to_record(predicted.iloc[i], text, i, self.data, meta) for i, text in enumerate(inputs)]

    def example(self, meta: Meta) -> str:
        """Return training rows as a list of numbers, or as CSV if there are several columns."""
        return example(meta)
