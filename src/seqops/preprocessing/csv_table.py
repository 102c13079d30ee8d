"""CSV files and raw requests: decoding, cells and headers; errors name the line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from seqops.core.errors import BadData

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
"""How a cell says, in small letters, that there is no figure."""


def decode(path: Path) -> str:
    """Read UTF-8, with or without a byte order mark. Raises BadData, naming the line of a bad byte."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadData.at(path, None, "no such file", "Check the path, or run the download again.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadData.at(path, line, "not UTF-8 text", "Save the file as UTF-8.") from None


def records(path: Path, text: str, shape: str) -> tuple[list[int], list[list[str]]]:
    """Split to rows of cells, the header first, with their 1-based lines; blank lines are passed over.

    Cells are parted by what parts the header: commas, semicolons or tabs. shape: what the file should be,
    for whoever gave none. Raises BadData for broken quotes, for rows of another width, and for no rows.
    """
    if "\0" in text:
        raise BadData.at(
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
        raise BadData.at(path, reader.line_num, f"broken CSV ({error})", "Mend the quotes.") from None
    if len(rows) < 2:
        raise BadData.at(path, None, "holds no data rows", shape)
    _check_widths(path, lines, rows)
    return lines, rows


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _check_widths(path: Path, lines: list[int], rows: list[list[str]]) -> None:
    width = len(rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            mend = "Every row needs as many cells as the header; a last row cut short means a cut file."
            raise BadData.at(path, line, f"{len(row)} cells where the header has {width}", mend)


def check_header(path: Path, line: int, header: list[str], wanted: Sequence[str], keys: str) -> None:
    """Raise BadData where a column stands twice or a wanted one is absent; keys: params that name them."""
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise BadData.at(path, line, f"two columns are called {doubled[0][:40]!r}", "Rename one of them.")
    for name in wanted:
        if name not in header:
            known = ", ".join(repr(cell[:40]) for cell in header[:20])
            mend = f"Name one of those in {keys}."
            raise BadData.at(path, line, f"there is no column {name!r} (the header has {known})", mend)


def check_characters(inputs: Sequence[str]) -> None:
    """Raise BadData for a text with half a character, as JSON and command lines can hold it."""
    for number, text in enumerate(inputs, 1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise BadData(f"input {number} holds half a character. Give whole ones, in UTF-8.") from None
