"""Raw series in, forecasts with intervals out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import ConfigError, DataError, Refusal, RefusedInputsError
from seqops.core.file_input import FileInput
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split, concatenate
from seqops.core.request_limits import RequestLimits
from seqops.metrics.quantile_forecasts import INTERVALS, column
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.frequency import Frequency
from seqops.tasks.forecast.data.gaps import period_name
from seqops.tasks.forecast.data.request_files import figures_within, inputs_of
from seqops.tasks.forecast.data.requests import latest_window, parse_request, unknown_texts

FORECAST_COLUMNS = {"median": "mean"} | {
    f"{end}{nominal}": column(level)
    for nominal, levels in INTERVALS.items()
    for end, level in zip(("low", "high"), levels, strict=True)
}
"""The fields of a forecast step, and the column of the predictions that each is read from."""


def to_record(row: pd.Series, text: str, index: int, data: Dataset, meta: Meta) -> dict[str, Any]:
    """List the forecast steps, with dates if the input had them, and how the calendar was aligned."""
    request = parse_request(text, index, data, meta)
    named = {"series": request.name} if request.name else {}
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
    return {**named, "calendar": calendar, "known": len(series), "forecast": steps}


def format_stamp(ordinal: int, meta: Meta) -> str:
    """Format the period with that number, such as 1961-01; a time in its zone, with its offset to UTC."""
    if not meta["time_zone"]:
        return period_name(ordinal, meta["frequency"])
    instant = Frequency.parse(meta["frequency"]).stamps(np.array([ordinal], np.int64))[0]
    return pd.Timestamp(instant, tz="UTC").tz_convert(meta["time_zone"]).isoformat(" ", "minutes")


def example(meta: Meta, sign: str) -> str:
    """Format the stored training rows as an input that `parse_request` accepts; sign: of decimals."""
    rows, delimiter = meta["example"], ";" if sign == "," else ","
    if len(meta["values"]) + len(meta["covariates"]) == 1:
        return " ".join(f"{row[0]:g}".replace(".", sign) for row in rows)
    header = delimiter.join(["date", *meta["values"], *meta["covariates"]])
    lines = []
    for index, row in enumerate(rows):
        ordinal = meta["first_ordinal"] + index
        date = str(index) if meta["frequency"] == "position" else format_stamp(ordinal, meta)
        lines.append(delimiter.join([date, *(f"{x:g}".replace(".", sign) for x in row)]))
    return "\n".join([header, *lines])


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw series in, forecasts with intervals out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(chars=2_000_000, total_chars=20_000_000)
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

    def inputs_of(self, lines: Iterable[str]) -> list[FileInput]:
        """Return the raw series of a file: those of a CSV, a number per line, or a series per line.

        Raises DataError, with the line, for a file that cannot be divided.
        """
        return inputs_of("".join(figures_within(lines, self.requests.chars)), self.data)

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Cut the example at the end of each raw series. Raises RefusedInputsError with all refused ones."""
        examples, refusals = [], []
        for place, text in enumerate(inputs):
            try:
                examples.append(latest_window(text, place, self.data, meta))
            except DataError as error:
                refusals.append(Refusal(place, str(error), error.fault or str(error), error.line))
        if refusals:
            raise RefusedInputsError(refusals)
        return concatenate(examples)

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """List the forecast steps of each series with their 80 and 95 % intervals."""
        return [to_record(predicted.iloc[i], text, i, self.data, meta) for i, text in enumerate(inputs)]

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the static texts that no training row had: their series are forecast without that kind."""
        found = [text for i, given in enumerate(inputs) for text in unknown_texts(given, i, self.data, meta)]
        return list(dict.fromkeys(found))

    def first_steps(self, records: Sequence[dict[str, Any]], steps: int) -> list[dict[str, Any]]:
        """Keep the first steps of each forecast. Raises ConfigError if there are fewer."""
        most = max(step["step"] for record in records for step in record["forecast"])
        if steps > most:
            raise ConfigError(f"this model forecasts {most} steps, fewer than {steps}. Raise data.horizon.")
        return [
            {**record, "forecast": [step for step in record["forecast"] if step["step"] <= steps]}
            for record in records
        ]

    def to_table(self, records: Sequence[dict[str, Any]], numbers: Iterable[int]) -> pd.DataFrame:
        """Return one row for each series, step and value column; `input` is the place of the series."""
        return pd.DataFrame(
            [
                {"input": number, "series": record.get("series", ""), "column": step["series"]}
                | {name: value for name, value in step.items() if name != "series"}
                for number, record in zip(numbers, records, strict=False)
                for step in record["forecast"]
            ]
        )

    def example(self, meta: Meta) -> str:
        """Return training rows as a list of numbers, or as CSV if there are several columns."""
        return example(meta, self.data.numbers.sign)
