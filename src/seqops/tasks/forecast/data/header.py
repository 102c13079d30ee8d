"""Files without a header, and files of figures alone: columns get names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqops.preprocessing.csv_table import MISSING
from seqops.tasks.forecast.data.stamps import is_date

Rows = list[list[str]]
NUMERIC = set("0123456789+-.,eE' \u00a0\u202f")
POSITION, DATE, VALUE = "position", "date", "value"


def with_header(lines: list[int], rows: Rows) -> tuple[list[int], Rows]:
    """Name the columns if the first row is data like the second, and number the rows of a single column.

    The names are `date` (or `position`) and `value`, or `value 1` and so on. lines: the line of each row.
    """
    if not _is_data(rows[0]) or _kinds(rows[0]) != _kinds(rows[1]):
        named = rows
    else:
        lines, named = [lines[0], *lines], [_names(rows[0]), *rows]
    if len(named[0]) > 1 or _kind(named[1][0].strip()) != "number":
        return lines, named
    return lines, [[POSITION, *named[0]], *([str(n), *row] for n, row in enumerate(named[1:], 1))]


def has_names(lines: list[int], rows: Rows) -> bool:
    """Return whether the first row names the columns."""
    return {*rows[0]} <= {*with_header(lines, rows)[1][0]}


def are_given_names(names: Sequence[str]) -> bool:
    """Return whether names of value columns are those of `with_header`."""
    return all(re.fullmatch(rf"{VALUE}( \d+)?", name) for name in names)


def _names(row: Sequence[str]) -> list[str]:
    if len(row) < 3:
        return [DATE, VALUE][-len(row) :]
    return [DATE, *(f"{VALUE} {n}" for n in range(1, len(row)))]


def _is_data(row: Sequence[str]) -> bool:
    """Return whether a row has a date or a number in its first cell, and numbers or nothing in the others."""
    first, *others = (cell.strip() for cell in row)
    known = [cell for cell in others if cell.lower() not in MISSING]
    return _kind(first) != "" and all(_kind(cell) == "number" for cell in known) and len(known) == len(others)


def _kinds(row: Sequence[str]) -> list[str]:
    return [_kind(cell.strip()) for cell in row]


def _kind(cell: str) -> str:
    if is_date(cell):
        return "date"
    return "number" if cell[-1:].isdigit() and not set(cell) - NUMERIC else ""
