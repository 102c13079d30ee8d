"""Reader of text files: one row per line, with its line break, so that the joined rows are the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing import text_file
from seqops.preprocessing.named_splits import concat_files

FIX = "Save the file as UTF-8, or set data.encoding to its encoding."
PIECE = 1000
"""Maximum number of characters of a row; a longer line becomes several rows with its number."""


def read_text(raw: Sequence[Path], encoding: str) -> pd.DataFrame:
    """Read files in order to columns line, text. Raises DataError if one is empty or cannot be decoded."""
    return concat_files(raw, [_table(path, encoding) for path in raw])


def _table(path: Path, encoding: str) -> pd.DataFrame:
    lines, texts = zip(*_rows(path, encoding), strict=True)
    return pd.DataFrame({"line": lines, "text": texts})


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    text = text_file.read_text(path, encoding, FIX).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\f", "")  # between the pages of a printed text
    if not text.strip():
        raise DataError.at(path, None, "the file contains no text", "Give a file with some pages of text.")
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        whole = f"{line}\n"
        for start in range(0, len(whole), PIECE):
            yield number, whole[start : start + PIECE]
