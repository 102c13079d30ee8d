"""CSV files and raw requests: decoding, cells and headers; errors name the line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from seqops.core.errors import DataError

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
"""How a cell says, in small letters, that there is no figure."""


def read_utf8(path: Path) -> str:
    """Read UTF-8, with or without a byte order mark. Raises DataError, naming the line of a bad byte."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError.at(path, None, "no such file", "Check the path, or run the download again.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, "not UTF-8 text", "Save the file as UTF-8.") from None


def read_csv_rows(path: Path, text: str, shape: str) -> tuple[list[int], list[list[str]]]:
    """Split to rows of cells, the header first, with their 1-based lines; blank lines are passed over.

    Cells are parted by what parts the header: commas, semicolons or tabs. shape: what the file should be,
    for whoever gave none. Raises DataError for broken quotes, for rows of another width, and for no rows.
    """
    if "\0" in text:
        raise DataError.at(
            path, None, "holds NUL bytes, so it is no CSV text", "Export the table as UTF-8 CSV."
        )
    content = text.splitlines()
    header = next((line for line in content if line.strip()), "")
    reader = csv.reader(content, delimiter=_delimiter(header), strict=True, skipinitialspace=True)
    lines, rows = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise DataError.at(path, reader.line_num, f"broken CSV ({error})", "Mend the quotes.") from None
    if len(rows) < 2:
        raise DataError.at(path, None, "holds no data rows", shape)
    _check_row_lengths(path, lines, rows)
    return lines, rows


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _check_row_lengths(path: Path, lines: list[int], rows: list[list[str]]) -> None:
    width = len(rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            fix = "Every row needs as many cells as the header; a last row cut short means a cut file."
            raise DataError.at(path, line, f"{len(row)} cells where the header has {width}", fix)


def check_header(path: Path, line: int, header: list[str], wanted: Sequence[str], keys: str) -> None:
    """Raise DataError where a column stands twice or a wanted one is absent; keys: params that name them."""
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise DataError.at(path, line, f"two columns are called {doubled[0][:40]!r}", "Rename one of them.")
    for name in wanted:
        if name not in header:
            known = ", ".join(repr(cell[:40]) for cell in header[:20])
            fix = f"Name one of those in {keys}."
            raise DataError.at(path, line, f"there is no column {name!r} (the header has {known})", fix)


def require_valid_unicode(inputs: Sequence[str]) -> None:
    """Raise DataError for a text with half a character, as JSON and command lines can hold it."""
    for number, text in enumerate(inputs, 1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(f"input {number} holds half a character. Give whole ones, in UTF-8.") from None
