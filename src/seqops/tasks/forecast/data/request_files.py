"""Files of raw series, divided into one input for each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from seqops.core.errors import DataError
from seqops.core.file_input import FileInput
from seqops.preprocessing.csv_table import read_csv_rows
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.reader import SHAPE, Rows
from seqops.tasks.forecast.data.requests import listed

FILE = Path("the file")
SEPARATOR = re.compile(r"[\s,;]")


def inputs_of(text: str, data: Dataset) -> list[FileInput]:
    """Split a file into raw series: CSV by its column of series, else a list of numbers on each line.

    CSV without that column, or a number on each line, is one series.
    """
    lines = text.removesuffix("\n").split("\n")
    lists = [_list_on(line, number, data) for number, line in enumerate(lines, 1) if line.strip()]
    if lists and lists[0] is None:
        return _by_series(text, data)
    if len(lists) > 1 and all(numbers is None or len(numbers) == 1 for numbers in lists):
        return [_whole(text)]
    return [FileInput(line, [number], number) for number, line in enumerate(lines, 1)]


def figures_within(lines: Iterable[str], chars: int) -> Iterator[str]:
    """Yield the lines of a file. Raises DataError if a figure a line are more than an input may hold."""
    size, alone = 0, True
    for number, line in enumerate(lines, 1):
        size += len(line)
        alone = alone and not SEPARATOR.search(line.strip())
        if alone and size > chars:
            what = f"a figure a line up to here are more than {chars:,} characters, the most of an input"
            raise DataError.placed(FILE, number, f"{what}. Give the latest ones.")
        yield line


def _list_on(line: str, number: int, data: Dataset) -> list[float] | None:
    try:
        return listed(line, 0, data.numbers)
    except DataError as error:
        raise DataError.placed(FILE, number, error.fault) from None


def _whole(text: str) -> FileInput:
    return FileInput(text, range(1, len(text.splitlines()) + 1))


def _by_series(text: str, data: Dataset) -> list[FileInput]:
    lines, rows = read_csv_rows(FILE, text, SHAPE)
    header = [cell.strip() for cell in rows[0]]
    if not data.series or data.series not in header:
        return [_whole(text)]
    found = Rows(FILE, lines[1:], header, rows[1:]).by(data.series)
    return [_written(part, lines[0], f"series {name}") for name, part in found.items()]


def _written(rows: Rows, header_line: int, name: str) -> FileInput:
    """Write rows as CSV text, which has a line more for each line break in a cell."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([rows.header, *rows.cells])
    numbered = zip([header_line, *rows.lines], [rows.header, *rows.cells], strict=True)
    lines = [line for line, cells in numbered for _ in range(1 + sum(cell.count("\n") for cell in cells))]
    return FileInput(file.getvalue(), lines, rows.lines[0], name)
