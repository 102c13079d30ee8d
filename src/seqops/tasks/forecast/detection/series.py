"""A file of series: its columns, how its numbers are written, its frequency and its gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from seqops.core.errors import DataError, quoted
from seqops.inspection.files import InputFile
from seqops.inspection.guess import CERTAIN, LIKELY, Guess
from seqops.inspection.tables import NUMBER, Table
from seqops.preprocessing.csv_table import MISSING
from seqops.preprocessing.number_format import NumberFormat
from seqops.tasks.forecast.data.derived import LENGTHS
from seqops.tasks.forecast.data.frequency import looks
from seqops.tasks.forecast.data.stamps import run_backwards
from seqops.tasks.forecast.data.timeline import Column, Timeline
from seqops.tasks.forecast.detection.columns import (
    Columns,
    Roles,
    are_positions,
    is_read,
    number_format,
    roles_of,
)

GROWTH = 3.0
"""Largest value over smallest from which the logarithm is modelled."""
TWO_NAMES = re.compile(r"[^,]+,[^,\s][^,]*")
TARGET = re.compile(r"(adj.? )?close|sales?|y|value|target|demand|units( sold)?|price|revenue", re.IGNORECASE)
"""What columns are called that are forecast where one alone is."""
RESET: Mapping[str, Any] = {
    "data.covariates": [], "data.time_zone": "", "data.date_order": "auto", "data.seasons": [],
    "data.baselines": "", "data.pretrained": "", "data.calendar": [], "data.max_value": None,
    "model.difference": "auto", "model.output_steps": "auto",
}  # fmt: skip
"""Settings that speak of other data, or must fit lengths that are derived."""


def described(file: InputFile, several: bool) -> Guess | None:
    """Describe a file as series; None if it has no column of dates, or no figures."""
    if figures := _only_figures(file):
        return _guess(file, {"position": [str(n) for n in range(len(figures))], "value": figures})
    table = Table.of(file)
    if table is None:
        return None
    return _guess(file, table.columns, table, several)


def _only_figures(file: InputFile) -> list[str]:
    """Return the numbers of a file of one on each line, below a name or not; else none."""
    cells = [line.strip() for line in file.lines if line.strip()]
    body = cells if NUMBER.fullmatch(cells[0]) else cells[1:]
    if len(body) < 3 or not all(NUMBER.fullmatch(cell) for cell in body) or _are_pairs(cells, body):
        return []
    return body


def _are_pairs(cells: Sequence[str], body: Sequence[str]) -> bool:
    """Return whether commas divide two columns: a header has one, too, or the first column is numbered."""
    rows = [cell.split(",") for cell in body]
    if any(len(row) != 2 for row in rows):
        return False
    headed = len(cells) > len(body)
    return bool(TWO_NAMES.fullmatch(cells[0])) if headed else are_positions([row[0] for row in rows])


def _guess(
    file: InputFile, columns: Columns, table: Table | None = None, several: bool = False
) -> Guess | None:
    named = table is not None and table.named
    roles = roles_of(columns, named)
    if roles is None:
        return None
    numbers, doubt = number_format(chain.from_iterable(columns[name] for name in roles.figures))
    doubts = [] if table is None else list(table.doubts)
    if doubt:
        doubts.append(doubt)
    if len(roles.figures) > 1:
        doubts.append(together(roles.figures if named else [f"value {name}" for name in roles.figures]))
    series = _Series(file.path, columns, roles)
    timeline, why = series.timeline()
    values = {
        **RESET,
        "data.series": roles.series,
        "data.short": "pad" if roles.series else "refuse",
        "data.date": roles.date if named else "",
        "data.values": list(roles.figures) if roles.unused or roles.left_out or not roles.date else [],
        "data.static": list(roles.static),
        "data.frequency": timeline.frequency if timeline else "auto",
        "data.decimal": numbers.decimal,
        "data.thousands": numbers.thousands,
        "data.gaps": "nan" if series.has_gaps(timeline) else "refuse",
        **{f"data.{name}": "auto" for name in LENGTHS},
        "data.scaling": "window" if roles.series else "standard",
        **_range(columns, roles, numbers),
    }
    if not named:
        values["data.values"] = []
    reasons = [table.described if table else "a number on each line", *roles_in_words(roles, several), why]
    return Guess(
        CERTAIN if roles.date else LIKELY, "series to forecast", tuple(reasons), values, tuple(doubts)
    )


def together(figures: Sequence[str]) -> str:
    """Say that several columns are forecast, and which option forecasts one of them."""
    one = next((name for name in figures if TARGET.fullmatch(name.strip())), figures[0])
    first = ", ".join(figures[:8]) + (" ..." if len(figures) > 8 else "")
    option = f"--set 'data.values=[\"{one}\"]'"
    return f"{len(figures)} columns are forecast together: {first}. For one of them alone: {option}"


def roles_in_words(roles: Roles, several: bool) -> list[str]:
    """Say what each column is taken for."""
    figures = ", ".join(roles.figures[:8]) + (" ..." if len(roles.figures) > 8 else "")
    found = [f"dates in {quoted(roles.date)}; figures in {figures}"]
    if roles.series:
        found.append(
            f"{quoted(roles.series)} names the series of a row: dates repeat, but not within one of them"
        )
    if roles.static:
        found.append(f"kinds of series in {', '.join(roles.static)}")
    if roles.left_out:
        found.append(f"left out, as constant or as names: {', '.join(roles.left_out)}")
    if roles.unused:
        found.append(f"not used: {', '.join(roles.unused)}")
    if several:
        found.append("each file is one series")
    return found


@dataclass(frozen=True)
class _Series:
    path: Path
    columns: Columns
    roles: Roles

    def timeline(self) -> tuple[Timeline | None, str]:
        """Number the rows of the longest series, and say how its dates look."""
        texts = self._longest()
        if run_backwards(texts, ""):
            texts = texts[::-1]
        column = Column(self.path, range(2, len(texts) + 2), texts, "", False)
        try:
            found = column.timeline("auto")
        except DataError as error:
            irregular = _timeline(column, "position")
            return irregular, f"{error} The rows are taken as they follow each other"
        return found, looks(found.frequency)

    def _longest(self) -> Sequence[str]:
        dates, name = self.columns[self.roles.date], self.roles.series
        if not name:
            return dates
        parts: dict[str, list[str]] = {}
        for series, date in zip(self.columns[name], dates, strict=True):
            parts.setdefault(series, []).append(date)
        return max(parts.values(), key=len)

    def has_gaps(self, timeline: Timeline | None) -> bool:
        """Return whether a period or a value is missing."""
        skipped = timeline is not None and bool((np.diff(timeline.ordinals) > 1).any())
        cells = chain.from_iterable(self.columns[name] for name in self.roles.figures)
        return skipped or any(cell.lower() in MISSING for cell in cells)


def _timeline(column: Column, frequency: str) -> Timeline | None:
    try:
        return column.timeline(frequency)
    except DataError:
        return None


def _range(columns: Columns, roles: Roles, numbers: NumberFormat) -> Mapping[str, Any]:
    """Choose the logarithm for positive values that differ by a factor, and the lower bound."""
    rows = [
        [
            float(numbers.plain(cell))
            for cell in columns[name]
            if cell.lower() not in MISSING and is_read(numbers, cell)
        ]
        for name in roles.figures
    ]
    if not all(rows):
        return {}
    lowest = min(map(min, rows))
    growing = lowest > 0 and max(max(row) / min(row) for row in rows) >= GROWTH
    return {"data.log": growing, "data.min_value": 0 if lowest >= 0 else None}
