"""Sentence pairs from a tab-separated file, or from two parallel files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError
from seqops.core.raw_folder import split_of
from seqops.preprocessing.csv_table import read_csv_rows
from seqops.preprocessing.named_splits import concat_files
from seqops.preprocessing.quoted_cells import unquoted
from seqops.preprocessing.text_file import read_text
from seqops.tasks.translation.data.columns import check_sentences, is_header
from seqops.tasks.translation.data.direction import require_one_direction
from seqops.tasks.translation.data.out_of_step import out_of_step

FORMAT = "Give one file of `source TAB target` lines, or two files with one sentence per line."


def read_pairs(raw: Sequence[Path], source_column: int, target_column: int) -> pd.DataFrame:
    """Parse one tab-separated file or two parallel ones, of each split that is named: line, source, target.

    Raises DataError if the files cannot be read as pairs, or if splits have them in different directions.
    """
    parts = {split: [path for path in raw if split_of(path) == split] for split in map(split_of, raw)}
    require_one_direction(parts.items())
    tables = [_pairs(files, source_column, target_column) for files in parts.values()]
    return concat_files([files[0] for files in parts.values()], tables)


def _pairs(raw: Sequence[Path], source_column: int, target_column: int) -> pd.DataFrame:
    if len(raw) == 1:
        return _tabbed(raw[0], source_column, target_column)
    if len(raw) == 2:
        return _parallel(*raw)
    raise DataError(f"translation got {len(raw)} raw files. {FORMAT}")


def _tabbed(path: Path, source_column: int, target_column: int) -> pd.DataFrame:
    lines, rows = _cells(path)
    columns, needed = len(rows[0]), max(source_column, target_column) + 1
    for number, row in zip(lines, rows, strict=True):
        if len(row) < needed:
            what = f"{len(row)} column(s), but data.source_column and data.target_column need {needed}"
            raise DataError.at(path, number, what, "Put one tab between source and target.")
        if len(row) != columns:
            what = f"{len(row)} columns, but the first line has {columns}"
            raise DataError.at(path, number, what, "Remove the extra tab, or complete the line.")
    if is_header([rows[0][source_column], rows[0][target_column]]):
        lines, rows = lines[1:], rows[1:]
    check_sentences(path, rows, {"data.source_column": source_column, "data.target_column": target_column})
    return _table(lines, [(path, [row[column] for row in rows]) for column in (source_column, target_column)])


def _cells(path: Path) -> tuple[list[int], list[list[str]]]:
    """Return the cells of each line, and its number; a .csv file may quote them."""
    if path.name.lower().removesuffix(".gz").removesuffix(".zip").endswith(".csv"):
        return read_csv_rows(path, read_text(path), FORMAT)
    rows = unquoted([line.split("\t") for line in _lines(path)])
    return list(range(1, len(rows) + 1)), rows


def _parallel(source: Path, target: Path) -> pd.DataFrame:
    sources, targets = _lines(source), _lines(target)
    if len(sources) != len(targets):
        what = f"{len(targets)} lines, but {source.name} has {len(sources)}"
        raise DataError.at(target, None, what, "Line n of one file must translate line n of the other.")
    tabs = sum("\t" in line for line in (*sources, *targets))
    if tabs > len(sources):
        what = f"most lines have a tab, as in {source.name}: not parallel files, but two files of pairs"
        fix = "Join them to one file, or name the splits that they are: `source: {train: ..., test: ...}`."
        raise DataError.at(target, None, what, fix)
    if found := out_of_step(sources, targets):
        what = f"from line {found[1]:,} on it is out of step: by their lengths, its lines translate those of "
        fix = "Look for lines that only one of the files has."
        raise DataError.at(target, None, f"{what}{source.name} from line {found[0]:,} on", fix)
    return _table(list(range(1, len(sources) + 1)), [(source, sources), (target, targets)])


def _table(lines: list[int], sides: Sequence[tuple[Path, list[str]]]) -> pd.DataFrame:
    stripped = [[text.strip() for text in texts] for _, texts in sides]
    for (path, _), texts in zip(sides, stripped, strict=True):
        if "" in texts:
            line = lines[texts.index("")]
            fix = "Remove the pair, or add the missing sentence."
            raise DataError.at(path, line, "an empty sentence", fix)
    return pd.DataFrame({"line": lines, "source": stripped[0], "target": stripped[1]})


def _lines(path: Path) -> list[str]:
    """Read the lines of a UTF-8 file, with LF or CRLF line ends."""
    lines = read_text(path).replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines == [""]:
        raise DataError.at(path, None, "the file is empty", FORMAT)
    return lines
