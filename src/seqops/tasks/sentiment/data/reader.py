"""Reader of labelled texts: a table with a header, lines of text and label, or an archive of folders."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Literal

import pandas as pd

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.archive import is_mac_metadata, members
from seqops.preprocessing.csv_table import delimiter_of
from seqops.preprocessing.named_splits import concat_files
from seqops.preprocessing.quoted_cells import unquoted
from seqops.preprocessing.text_file import decode, read_text

Cells = tuple[int, list[str]]
"""A row: its line, and its cells."""
Layout = Literal["table", "lines", "folders"]
FOLDERS = {
    "train": "train", "test": "test",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
}  # fmt: skip
"""Folders of an archive, in lower case, and the splits that they hold."""
MAX_UNPACKED = 4 << 30
"""Maximum number of bytes of an unpacked archive."""


@dataclass(frozen=True)
class LabelledText:
    """One text of a file; published: the split that its publisher assigned, if any."""

    line: int
    text: str
    label: str
    group: str = ""
    published: str = ""


@dataclass(frozen=True)
class ColumnNames:
    """Names of the columns of a table; an empty group: there is no such column."""

    text: str
    label: str
    group: str


def read_rows(
    raw: Sequence[Path], layout: Layout, columns: ColumnNames, labels: Sequence[str]
) -> pd.DataFrame:
    """Parse raw files to one row per text: line, text, label, group, published.

    Raises DataError if a file cannot be parsed or a label is not one of `labels`.
    """
    table = concat_files(raw, [_table_of(list(_read(path, layout, columns, labels))) for path in raw])
    if table.empty:
        raise DataError.at(raw[0], None, "the file contains no texts", "Give a file with texts and labels.")
    return table


def _table_of(rows: Sequence[LabelledText]) -> pd.DataFrame:
    names = ("line", "text", "label", "group", "published")
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in names})


def _read(path: Path, layout: Layout, columns: ColumnNames, labels: Sequence[str]) -> Iterator[LabelledText]:
    for row in _rows(path, layout, columns, labels):
        if row.label not in labels:
            what = f"the label {quoted(row.label)} is not one of {', '.join(labels)} (data.labels)"
            fix = "Fix the label, or add it to data.labels."
            if layout == "lines" and row.line == 1:
                fix = f"{fix} If line 1 names the columns, set data.layout: table."
            raise DataError.at(path, row.line, what, fix)
        yield row


def _rows(path: Path, layout: Layout, columns: ColumnNames, labels: Sequence[str]) -> Iterator[LabelledText]:
    if layout == "folders":
        return _folders(path, labels)
    text = read_text(path)
    return _lines(path, text) if layout == "lines" else _table(path, text, columns)


def _lines(path: Path, text: str) -> Iterator[LabelledText]:
    numbers, pairs = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        body, tab, label = line.rstrip("\r").rpartition("\t")
        if not tab:
            what = f"no tab between text and label: {quoted(line)}"
            raise DataError.at(path, number, what, "Write `text TAB label` on each line.")
        numbers.append(number)
        pairs.append([body.strip(), label.strip()])
    for number, (body, label) in zip(numbers, unquoted(pairs), strict=True):
        yield LabelledText(number, body.strip(), label)


def _table(path: Path, text: str, columns: ColumnNames) -> Iterator[LabelledText]:
    """Read cells separated by tabs, or by commas, semicolons or vertical bars, which may be quoted."""
    first = text.partition("\n")[0]
    rows = _tabbed(text) if "\t" in first else _quoted(path, text, delimiter_of(first))
    names = [name for name in (columns.text, columns.label, columns.group) if name]
    header, rows = _header(rows, names)
    for name in names:
        if name not in header:
            columns_found = ", ".join(cell[:40] for cell in header[:20]) or "none"
            what = f"column {quoted(name)} not found; the header has {columns_found}"
            keys = "Set data.text, data.label and data.group"
            fix = f"{keys} to columns of the header, or to their numbers from 0 if line 1 is no header."
            raise DataError.at(path, 1, what, fix)
    indices = [header.index(name) for name in names]
    for number, cells in rows:
        if len(cells) != len(header):
            what = f"{len(cells)} cells, but the header has {len(header)}"
            raise DataError.at(path, number, what, "Fix the row: it has an extra or a missing separator.")
        yield LabelledText(number, *(cells[index].strip() for index in indices))


def _header(rows: Iterator[Cells], names: Sequence[str]) -> tuple[list[str], Iterator[Cells]]:
    """Return the names of the columns, and the rows below them.

    A table has no header if the names are numbers of columns, from 0, that its first row lacks.
    """
    first = next(rows, None)
    if first is None:
        return [], rows
    numbers = [str(number) for number in range(len(first[1]))]
    if set(names) <= {*numbers} and not set(names) <= {*first[1]}:
        return numbers, chain([first], rows)
    return first[1], rows


def _tabbed(text: str) -> Iterator[Cells]:
    lines = [(n, line.rstrip("\r")) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    cells = unquoted([line.split("\t") for _, line in lines])
    return zip([number for number, _ in lines], cells, strict=True)


def _quoted(path: Path, text: str, delimiter: str) -> Iterator[Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    number = 1
    try:
        for cells in reader:
            if cells:
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise DataError.at(
            path, number, f"not CSV: {error}", "Quote cells that contain the separator."
        ) from None


def _folders(path: Path, labels: Sequence[str]) -> Iterator[LabelledText]:
    """Read `<any>/<split>/<label>/<name>.txt`, with a split of FOLDERS; `line` is the row's number, by name.

    Sorting by name gives the same table for every packing of the same files. Raises DataError if no file
    matches.
    """
    found: dict[str, str] = {}
    for name, content in members(path, MAX_UNPACKED, wanted=lambda name: _labelled(name, labels)):
        found[name] = decode(path, content, member=name)
    if not found:
        what = f"no file matches train/{labels[0]}/*.txt"
        raise DataError.at(path, None, what, "Set data.labels to the names of the folders.")
    for number, name in enumerate(sorted(found), 1):
        folder, label, _ = PurePosixPath(name).parts[-3:]
        yield LabelledText(number, found[name].strip(), label, "", FOLDERS[folder.lower()])


def _labelled(name: str, labels: Sequence[str]) -> bool:
    parts = PurePosixPath(name).parts
    if is_mac_metadata(name):
        return False
    return name.endswith(".txt") and len(parts) > 2 and parts[-3].lower() in FOLDERS and parts[-2] in labels
