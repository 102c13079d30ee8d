"""Read CSV files of one row per step to one row per sequence, in file order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.csv_table import check_header, is_index, parse_number, read_csv_rows
from seqops.preprocessing.number_format import AUTO
from seqops.preprocessing.text_file import read_text

Cell = TypeVar("Cell", str, int, float)
VALUE = "value."
LABELS = {"0": 0, "1": 1}
KEYS = "`data.sequence`, `data.values` or `data.label`"
SHAPE = "Write a header and one row per step: the sequence it belongs to, its numbers and its label, 0 or 1."


def parse(path: Path, sequence: str, values: Sequence[str], label: str) -> pd.DataFrame:
    """Parse a file to `line` (of the first step), `sequence`, and the lists `labels` and `value.*`.

    Empty `values` mean every column that is neither the sequence nor the label. Raises DataError for what
    cannot be parsed, for a value that is missing or not finite, for a label other than 0 and 1, and for a
    sequence that continues after another has started.
    """
    lines, rows = read_csv_rows(path, read_text(path), SHAPE)
    if is_index(rows[0][0].strip(), [row[0] for row in rows[1:]]):
        rows = [row[1:] for row in rows]
    header, lines_of_steps = [cell.strip() for cell in rows[0]], lines[1:]
    values = list(values) or [name for name in header if name not in (sequence, label)]
    check_header(path, lines[0], header, [sequence, *values, label], KEYS)
    if not values:
        raise DataError.at(path, lines[0], "no value column", SHAPE)

    def column(name: str, cell: Callable[[Path, int, str, str], Cell]) -> list[Cell]:
        index = header.index(name)
        pairs = zip(lines_of_steps, rows[1:], strict=True)
        return [cell(path, line, row[index].strip(), name) for line, row in pairs]

    names = column(sequence, _name)
    starts = _starts(path, lines_of_steps, names)
    columns: dict[str, object] = {
        "line": [lines_of_steps[start] for start in starts],
        "sequence": [names[start] for start in starts],
        "labels": _cut(column(label, _label), starts),
    }
    for name in values:
        if cell := AUTO.ambiguous(column(name, _text)):
            what = f"{cell} in column {quoted(name)} may be a thousand or a fraction"
            whole = cell.replace(".", "")
            fix = f"Write {whole} if it is above 999, or one more decimal if it is a fraction, as {cell}0."
            raise DataError.at(path, None, what, fix)
        columns[VALUE + name] = _cut(column(name, number), starts)
    return pd.DataFrame(columns)


def _starts(path: Path, lines: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return where sequences start. Raises DataError for one that continues after another one started."""
    starts = [step for step, name in enumerate(names) if step == 0 or name != names[step - 1]]
    seen: set[str] = set()
    for start in starts:
        if names[start] in seen:
            fix = "Put the steps of a sequence in consecutive rows, or give it another name."
            what = f"sequence {quoted(names[start])} continues after another one started"
            raise DataError.at(path, lines[start], what, fix)
        seen.add(names[start])
    return starts


def _cut(steps: list[Cell], starts: list[int]) -> list[list[Cell]]:
    return [steps[start:end] for start, end in pairwise([*starts, len(steps)])]


def _name(path: Path, line: int, cell: str, column: str) -> str:
    if not cell:
        raise DataError.at(
            path, line, f"no sequence in column {quoted(column)}", "Name the sequence of the step."
        )
    return cell


def _text(path: Path, line: int, cell: str, column: str) -> str:
    return cell


def number(path: Path, line: int | None, cell: str, column: str) -> float:
    """Parse a required finite number. Raises DataError with the line and the column."""
    value = parse_number(path, line, cell, column)
    if math.isnan(value):
        fix = "Give a number, or remove the whole sequence."
        raise DataError.at(path, line, f"no value in column {quoted(column)}", fix)
    return value


def _label(path: Path, line: int, cell: str, column: str) -> int:
    if cell not in LABELS:
        what = (
            f"label {quoted(cell)} in column {quoted(column)}"
            if cell
            else f"no label in column {quoted(column)}"
        )
        raise DataError.at(path, line, what, "Label each step 0 or 1.")
    return LABELS[cell]


def format_sequence(figures: np.ndarray) -> str:
    """Format numbers (T, D) as a request: separated by spaces, or one line per step of several columns."""
    rows = [",".join(f"{x:g}" for x in step) for step in figures]
    return (" " if figures.shape[1] == 1 else "\n").join(rows)
