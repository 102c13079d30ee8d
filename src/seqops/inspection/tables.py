"""Cells of a text file: their delimiter, and whether the first row names the columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from seqops.core.errors import quoted
from seqops.inspection.files import InputFile
from seqops.preprocessing.quoted_cells import unquoted

DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "vertical bars"}
NUMBER = re.compile(
    r"[+-]?(\d+([.,]\d+)?|[.,]\d+|\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d+)?)([eE][+-]?\d+)?", re.ASCII
)
NAME = re.compile(r"([^\W\d][\w .()/%°-]{0,40}(?<![.]))?")
"""How columns are called: beginning with a letter, without punctuation; an index has no name."""
MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([ T].*)?")
SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
FIGURE = re.compile(r"(?=.*\d).{1,20}")
MOST_ODD = 0.1
"""Share of the cells of a column that may be unlike the others."""
SHORT = 0.5
"""A name is at most this share of the length of the cells below it."""


@dataclass(frozen=True)
class Table:
    """The cells of a file.

    named: whether the first row names the columns; sure: whether that shows; header: the names, or the
    numbers of the columns, counted from 0.
    """

    delimiter: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    named: bool
    sure: bool

    @classmethod
    def of(cls, file: InputFile) -> Table | None:
        """Split the lines at the delimiter that gives each the same number of cells, two or more."""
        for delimiter in DELIMITERS:
            rows = _cells(file.text, delimiter)
            if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
                named, sure = _header(rows)
                names = [cell.strip() for cell in rows[0]] if named else map(str, range(len(rows[0])))
                return cls(delimiter, tuple(names), rows[named:], named, sure)
        return None

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """Return the cells of each column by its name."""
        return {name: [row[i].strip() for row in self.rows] for i, name in enumerate(self.header)}

    @property
    def described(self) -> str:
        """Say how the file is divided, and whether its first row names the columns."""
        first = f"line 1 names them: {', '.join(self.header)[:80]}" if self.named else "no line names them"
        return f"{len(self.header)} columns between {DELIMITERS[self.delimiter]}, {first}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Say that the first row may be what it is not taken for."""
        if self.sure:
            return ()
        taken = "to name the columns" if self.named else "for data"
        return (f"line 1 is not clearly a header or data; it is taken {taken}",)


def is_number(cell: str) -> bool:
    """Return whether a cell is a number in some format, or missing."""
    return cell.strip().lower() in MISSING or NUMBER.fullmatch(cell.strip()) is not None


def are_numbers(cells: Sequence[str]) -> bool:
    """Return whether every cell of a column is a number or missing, and some are numbers."""
    return all(map(is_number, cells)) and any(NUMBER.fullmatch(cell) for cell in cells)


def few_values(cells: Sequence[str], most: int) -> list[str]:
    """Return the distinct values of a column, in order, if they are few and repeat; else none."""
    counts = Counter(cells)
    if len(counts) < 2 or len(counts) > most or len(cells) < 2 * len(counts):
        return []
    return sorted(counts, key=lambda value: (not is_number(value), _numeric(value), value))


def ragged(file: InputFile) -> str:
    """Say where a file has another number of cells than in its first line; empty: nowhere.

    Tabs, semicolons and bars divide cells; commas do in the file of a table, whose cells are not quoted.
    """
    first = file.lines[0]
    if re.fullmatch("sep=.?", first.strip(), re.IGNORECASE):
        return f"line 1 is {quoted(first.strip())}, an instruction for Excel: delete it"
    marks = [mark for mark in ("\t", ";", "|", ",") if mark in first]
    if not marks and file.name.lower().endswith((".csv", ".tsv")):
        return f"line 1 is {quoted(first)}, and has no cells: a table begins with the names of its columns"
    if not marks or (marks[0] == "," and ('"' in file.text or not file.name.lower().endswith(".csv"))):
        return ""
    mark = marks[0]
    for number, line in enumerate(file.lines, 1):
        if line.strip() and line.count(mark) != first.count(mark):
            cells = f"{line.count(mark) + 1} cells between {DELIMITERS[mark]}"
            return f"line {number} has {cells}, and line 1 has {first.count(mark) + 1}"
    return ""


def odd_layout(file: InputFile) -> str:
    """Say that a table has no rows, or a column for each date instead of a row; empty: neither."""
    if len([line for line in file.lines if line.strip()]) == 1:
        return "it has one line only"
    dates = [name for name in file.head[0].split(",") if DATE.fullmatch(name.strip().strip('"'))]
    if len(dates) > 2 and Table.of(file):
        return f"its columns are dates ({dates[0].strip()}, ...): write a row for each date"
    return ""


def odd_cell(file: InputFile) -> str:
    """Say which cell is unlike its column of numbers or dates, or what has figures and is neither.

    Empty: there is none.
    """
    table = Table.of(file)
    for name, cells in table.columns.items() if table else ():
        body = cells[not table.named :] if table else []
        for kind, known in (("numbers", is_number), ("dates", DATE.fullmatch)):
            odd = [cell for cell in body if not known(cell)]
            if 0 < len(odd) <= MOST_ODD * len(body):
                return f"column {quoted(name)} has {quoted(odd[0])} among {kind}"
        if body and all(map(SHORT_YEAR.fullmatch, body)):
            return f"{quoted(body[0])} in column {quoted(name)} has a year of two digits: write all four"
        known_date = all(map(DATE.fullmatch, body))
        if not known_date and not are_numbers(body) and all(map(FIGURE.fullmatch, body)):
            odd = [cell for cell in body if not is_number(cell)]
            return f"{quoted(odd[0])} in column {quoted(name)} is read neither as a number nor as a date"
    return ""


def _numeric(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


def _cells(text: str, delimiter: str) -> list[list[str]]:
    """Split a text to rows; tabs divide lines whatever quotes they have."""
    if delimiter == "\t":
        return unquoted([line.split("\t") for line in text.split("\n") if line.strip()])
    reader = csv.reader(text.split("\n"), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        return []


def _header(rows: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Return whether the first row names the columns, and whether that is sure."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    if not rest or len({*first}) < len(first):
        return False, True
    for at, name in enumerate(first):
        cells = [row[at].strip() for row in rest]
        if are_numbers(cells) and name:
            # a column of figures under a word, or a figure above figures
            return not is_number(name), True
    if not all(map(NAME.fullmatch, first)):
        return False, True
    lengths = [sum(len(row[at]) for row in rest) / len(rest) for at in range(len(first))]
    shorter = [len(name) <= SHORT * length for name, length in zip(first, lengths, strict=True)]
    again = any(first[at] in {row[at].strip() for row in rest} for at in range(len(first)))
    lower = all(name == name.lower() or "_" in name for name in first)
    if again:
        return False, True
    return (any(shorter) and lower), all(shorter) and lower
