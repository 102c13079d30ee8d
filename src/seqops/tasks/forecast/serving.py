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
from seqops.tasks.forecast.data.origins import Series, WindowSpec, joined
from seqops.tasks.forecast.data.reader import PERIOD, parse_series

CELLS = ("mean", "low80", "high80", "low95", "high95")
NUMBERS = re.compile(r"[\s,;]+")


def framed(text: str, place: int, window_spec: WindowSpec, meta: Meta) -> Split:
    """Frame one raw series at its end. Raises DataError, naming the input by its 1-based place."""
    series, _ = parsed(text, place, meta)
    name = _name(place)
    if len(series) < meta["window"]:
        fix = f"Give at least {meta['window']} values, one season or more of them the latest."
        raise DataError.at(name, None, f"{len(series)} values are fewer than one window", fix)
    if np.isnan(series.figures).any():
        row = int(np.flatnonzero(np.isnan(series.figures).any(axis=1))[0])
        raise DataError.at(name, None, f"value {row + 1} is missing", "Fill the gap before you forecast.")
    if np.isinf(series.figures).any():
        raise DataError.at(name, None, "a value is not a finite number", "Give numbers as 1234.5.")
    if meta["log"] and (series.figures[:, : window_spec.values] <= 0).any():
        raise DataError.at(name, None, "a value is 0 or less", "This model was trained on logarithms.")
    if (np.diff(series.ordinals) != 1).any():
        row = int(np.flatnonzero(np.diff(series.ordinals) != 1)[0])
        fix = f"Give one row a {meta['frequency']}, in order, without a gap."
        raise DataError.at(name, row + 3, "the date does not follow the one before", fix)
    end = np.array([len(series)], np.int64)
    return window_spec.examples(series, end, len(series), meta["window"])


def parsed(text: str, place: int, meta: Meta) -> tuple[Series, bool]:
    """Read CSV, or a list of numbers; the second value says whether it came with dates.

    A list stands for the first value column and is taken to start where the training series started.
    """
    columns = len(meta["values"]) + len(meta["covariates"])
    cells = [cell for cell in NUMBERS.split(text.strip()) if cell]
    if cells and all(_is_number(cell) for cell in cells):
        if columns > 1:
            fix = f"Give CSV with a date and the columns {', '.join(meta['values'] + meta['covariates'])}."
            raise DataError.at(_name(place), None, "a plain list holds one column only", fix)
        figures = np.array([float(cell) for cell in cells])[:, None]
        return Series(figures, meta["first_ordinal"] + np.arange(len(cells), dtype=np.int64)), False
    table = parse_series(_name(place), text, "", (), (), meta["frequency"])
    found = table.filter(regex=r"^(value|covariate)\.")
    figures = found.to_numpy(np.float64)
    if figures.shape[1] != columns:
        wanted = ", ".join(meta["values"] + meta["covariates"])
        fix = f"Give a date and, in this order, {wanted}."
        raise DataError.at(_name(place), 1, f"{figures.shape[1]} columns beside the date", fix)
    return Series(figures, table["ordinal"].to_numpy(np.int64)), True


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _name(place: int) -> Path:
    return Path(f"input {place + 1}")


def to_answer(row: pd.Series, text: str, place: int, meta: Meta) -> dict[str, Any]:
    """List each coming step, with its date where the input had dates, and say how the calendar was met."""
    series, dated = parsed(text, place, meta)
    shape = (meta["horizon"], len(meta["values"]))
    cells = {name: np.asarray(row[name], np.float64).reshape(shape) for name in CELLS}
    dated = dated and meta["frequency"] != "position"
    steps = []
    for step in range(meta["horizon"]):
        when: dict[str, Any] = {"step": step + 1}
        if dated:
            when["date"] = date_of(int(series.ordinals[-1]) + step + 1, meta["frequency"])
        for v, name in enumerate(meta["values"]):
            figures = {cell: float(values[step, v]) for cell, values in cells.items()}
            steps.append({**when, "series": name, **figures})
    calendar = (
        "dates of the input" if dated else f"by position; the first value taken as {meta['first_date']}"
    )
    return {"calendar": calendar, "known": len(series), "forecast": steps}


def date_of(ordinal: int, frequency: str) -> str:
    """Write the period with that ordinal, such as 1961-01."""
    return str(pd.Period(ordinal=ordinal, freq=PERIOD[frequency]))


def example(meta: Meta) -> str:
    """Write the stored training rows as an input that `parsed` accepts."""
    rows = meta["example"]
    if len(meta["values"]) + len(meta["covariates"]) == 1:
        return " ".join(f"{row[0]:g}" for row in rows)
    header = ",".join(["date", *meta["values"], *meta["covariates"]])
    lines = []
    for place, row in enumerate(rows):
        ordinal = meta["first_ordinal"] + place
        date = str(place) if meta["frequency"] == "position" else date_of(ordinal, meta["frequency"])
        lines.append(",".join([date, *(f"{x:g}" for x in row)]))
    return "\n".join([header, *lines])


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw series in, forecasts with intervals out."""

    data: Dataset

    intended_use: ClassVar[str] = (
        "Forecasts the next steps of the series it was trained on, with 80 and 95 % intervals, for plans "
        "that a person looks over."
    )
    limits: ClassVar[str] = (
        "It knows the past of the series and nothing else: it foresees no break and no new cause, and its "
        "intervals hold only while the future is as the validation rows were. On short series classical "
        "methods are often as good or better: see the baselines before relying on it."
    )

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Frame each raw series at its end."""
        window_spec = self.data.framing(len(meta["values"]))
        return joined([framed(text, i, window_spec, meta) for i, text in enumerate(inputs)])

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """List the coming steps of each series with their 80 and 95 % intervals."""
        return [to_answer(predicted.iloc[i], text, i, meta) for i, text in enumerate(inputs)]

    def request_example(self, meta: Meta) -> str:
        """Return training rows as a list of numbers, or as CSV where there are several columns."""
        return example(meta)
