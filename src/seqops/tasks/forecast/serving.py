"""Raw series in, forecasts with intervals out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.origins import Series, WindowSpec, concatenate
from seqops.tasks.forecast.data.reader import PERIOD, parse_series

FORECAST_COLUMNS = ("mean", "low80", "high80", "low95", "high95")
NUMBERS = re.compile(r"[\s,;]+")


def latest_window(text: str, index: int, window_spec: WindowSpec, meta: Meta) -> Split:
    """Cut the example at the end of one raw series. Raises DataError with the number of the input, from 1."""
    series, _ = parse_request(text, index, meta)
    name = _name(index)
    if len(series) < meta["window"]:
        fix = f"Give at least the latest {meta['window']} values."
        raise DataError.at(name, None, f"{len(series)} values are fewer than one window", fix)
    if np.isnan(series.figures).any():
        row = int(np.flatnonzero(np.isnan(series.figures).any(axis=1))[0])
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


def parse_request(text: str, index: int, meta: Meta) -> tuple[Series, bool]:
    """Read CSV or a plain list of numbers; return the series and whether it has dates.

    A list holds the first value column and is assumed to start where the training series started.
    """
    columns = len(meta["values"]) + len(meta["covariates"])
    cells = [cell for cell in NUMBERS.split(text.strip()) if cell]
    if cells and all(_is_number(cell) for cell in cells):
        if columns > 1:
            fix = f"Give CSV with a date and the columns {', '.join(meta['values'] + meta['covariates'])}."
            raise DataError.at(_name(index), None, "a plain list holds one column only", fix)
        figures = np.array([float(cell) for cell in cells])[:, None]
        return Series(figures, meta["first_ordinal"] + np.arange(len(cells), dtype=np.int64)), False
    table = parse_series(_name(index), text, "", (), (), meta["frequency"])
    figures = table.filter(regex=r"^(value|covariate)\.").to_numpy(np.float64)
    if figures.shape[1] != columns:
        wanted = ", ".join(meta["values"] + meta["covariates"])
        fix = f"Give a date and, in this order, {wanted}."
        raise DataError.at(_name(index), 1, f"{figures.shape[1]} columns besides the date", fix)
    return Series(figures, table["ordinal"].to_numpy(np.int64)), True


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _name(index: int) -> Path:
    return Path(f"input {index + 1}")


def to_record(row: pd.Series, text: str, index: int, meta: Meta) -> dict[str, Any]:
    """List the forecast steps, with dates if the input had them, and how the calendar was aligned."""
    series, dated = parse_request(text, index, meta)
    shape = (meta["horizon"], len(meta["values"]))
    cells = {name: np.asarray(row[name], np.float64).reshape(shape) for name in FORECAST_COLUMNS}
    dated = dated and meta["frequency"] != "position"
    steps = []
    for step in range(meta["horizon"]):
        when: dict[str, Any] = {"step": step + 1}
        if dated:
            when["date"] = format_period(int(series.ordinals[-1]) + step + 1, meta["frequency"])
        for v, name in enumerate(meta["values"]):
            figures = {cell: float(values[step, v]) for cell, values in cells.items()}
            steps.append({**when, "series": name, **figures})
    calendar = (
        "dates of the input" if dated else f"by position; the first value taken as {meta['first_date']}"
    )
    return {"calendar": calendar, "known": len(series), "forecast": steps}


def format_period(ordinal: int, frequency: str) -> str:
    """Format the period with that ordinal, such as 1961-01."""
    return str(pd.Period(ordinal=ordinal, freq=PERIOD[frequency]))


def example(meta: Meta) -> str:
    """Format the stored training rows as an input that `parse_request` accepts."""
    rows = meta["example"]
    if len(meta["values"]) + len(meta["covariates"]) == 1:
        return " ".join(f"{row[0]:g}" for row in rows)
    header = ",".join(["date", *meta["values"], *meta["covariates"]])
    lines = []
    for index, row in enumerate(rows):
        ordinal = meta["first_ordinal"] + index
        date = str(index) if meta["frequency"] == "position" else format_period(ordinal, meta["frequency"])
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
        "intervals are valid only while the future resembles the validation rows. On short series classical "
        "methods are often as good or better: compare the baselines before relying on it."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Cut the example at the end of each raw series."""
        window_spec = self.data.window_spec(len(meta["values"]))
        return concatenate([latest_window(text, i, window_spec, meta) for i, text in enumerate(inputs)])

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """List the forecast steps of each series with their 80 and 95 % intervals."""
        return [to_record(predicted.iloc[i], text, i, meta) for i, text in enumerate(inputs)]

    def example(self, meta: Meta) -> str:
        """Return training rows as a list of numbers, or as CSV if there are several columns."""
        return example(meta)
