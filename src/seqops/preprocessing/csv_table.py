"""CSV files and raw requests: cells and headers; errors name the line."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.encodings import is_utf8
from seqops.preprocessing.number_format import PLAIN, WORDS, NumberFormat

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
"""Cells, in lower case, that mean a missing number."""
EXCEL = re.compile(r"sep=.?", re.IGNORECASE)


def read_csv_rows(path: Path, text: str, shape: str) -> tuple[list[int], list[list[str]]]:
    """Split into rows of cells, the header first, with their 1-based line numbers; skips blank lines.

    The delimiter is that of `delimiter_of` the header. shape: a description of the
    expected file, for the error. Raises DataError for broken quotes, rows of different lengths, or no rows.
    """
    if "\0" in text:
        raise DataError.at(
            path, None, "contains NUL bytes, so it is not CSV text", "Export the table as UTF-8 CSV."
        )
    # not at U+2028 or a form feed, which cells may contain
    content = re.split("\r\n|\r|\n", text)
    header = next((line for line in content if line.strip()), "")
    if EXCEL.fullmatch(header.strip()):
        what = f"line 1 is {quoted(header.strip())}, an instruction for Excel"
        raise DataError.at(path, content.index(header) + 1, what, "Delete the line.")
    reader = csv.reader(content, delimiter=delimiter_of(header), strict=True, skipinitialspace=True)
    lines, rows = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise DataError.at(path, reader.line_num, f"broken CSV ({error})", "Fix the quotes.") from None
    if len(rows) < 2:
        raise DataError.at(path, None, "contains no data rows", shape)
    _check_row_lengths(path, lines, rows)
    return lines, rows


def delimiter_of(header: str) -> str:
    """Return the most frequent of comma, semicolon, tab and vertical bar."""
    return max(",;\t|", key=header.count)


def _check_row_lengths(path: Path, lines: list[int], rows: list[list[str]]) -> None:
    width = len(rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            fix = (
                "Every row needs as many cells as the header; numbers with a comma need quotes, or "
                "semicolons between cells. A short last row means a truncated file."
            )
            raise DataError.at(path, line, f"{len(row)} cells where the header has {width}", fix)


def check_header(path: Path, line: int, header: list[str], wanted: Sequence[str], keys: str) -> None:
    """Raise DataError if a column occurs twice or a wanted one is missing; keys: params that name columns."""
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DataError.at(path, line, f"two columns are called {quoted(repeated[0])}", "Rename one of them.")
    for name in wanted:
        if name not in header:
            known = ", ".join(repr(cell[:40]) for cell in header[:20])
            fix = f"Name one of those in {keys}."
            raise DataError.at(path, line, f"column {quoted(name)} not found; the header has {known}", fix)


def is_index(name: str, cells: Sequence[str]) -> bool:
    """Return whether a column is a running number without a name, as pandas writes its index."""
    numbers = [cell.strip() for cell in cells]
    start = {"0": 0, "1": 1}.get(numbers[0])
    unnamed = name == "" or name.startswith("Unnamed:")
    return unnamed and start is not None and numbers == [str(start + i) for i in range(len(numbers))]


def concat_tables(paths: Sequence[Path], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the tables of several files. Raises DataError if their columns differ."""
    require_equal_columns(paths, tables)
    return pd.concat(tables, ignore_index=True)


def require_equal_columns(paths: Sequence[Path], tables: Sequence[pd.DataFrame]) -> None:
    """Raise DataError if the tables of several files have different columns."""
    for path, table in zip(paths, tables, strict=True):
        if list(table.columns) != list(tables[0].columns):
            fix = f"Give every file the columns of {paths[0].name}."
            raise DataError.at(path, 1, "its columns differ from those of the first file", fix)


def require_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise DataError if the table lacks one of the columns that a model was trained with."""
    for name in names:
        if name not in table:
            raise DataError(f"the table has no column {name}, which the model needs. Name it in data.")


def parse_number(
    path: Path, line: int | None, text: str, column: str, form: NumberFormat | None = None
) -> float:
    """Parse a finite number; a missing value becomes NaN. Raises DataError with the line and the column.

    form: None: a point before the fraction, in a task without settings for others.
    """
    cell = text.strip()
    if cell.lower() in MISSING:
        return math.nan
    try:
        number = float((form or PLAIN).plain(cell))
    except ValueError:
        number = math.inf
    if math.isinf(number):
        fix = form.fix(cell) if form else WORDS
        raise DataError.at(path, line, f"{quoted(cell)} in column {quoted(column)} is not a number", fix)
    return number


def require_valid_unicode(inputs: Sequence[str]) -> None:
    """Raise DataError for a text with an unpaired surrogate, which JSON and command lines can contain."""
    for number, text in enumerate(inputs, 1):
        if not is_utf8(text):
            raise DataError(f"input {number} is not valid Unicode (unpaired surrogate). Encode it as UTF-8.")
