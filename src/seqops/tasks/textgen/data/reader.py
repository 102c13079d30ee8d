"""Text files to rows: one a raw line, its line break included, so that the rows joined are the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError

PIECE = 1000
"""Characters of a row at most: a longer line is cut to pieces, which have its number."""


def read_text(raw: Sequence[Path], encoding: str) -> pd.DataFrame:
    """Read files, one after another: line, text. Raises DataError for wrong bytes and for an empty file."""
    rows = [row for path in raw for row in _rows(path, encoding)]
    return pd.DataFrame({"line": [line for line, _ in rows], "text": [text for _, text in rows]})


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    text = _decoded(path, encoding).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DataError.at(path, None, "there is no text in it", "Give a file with some pages of text.")
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        whole = f"{line}\n"
        for start in range(0, len(whole), PIECE):
            yield number, whole[start : start + PIECE]


def _decoded(path: Path, encoding: str) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not {encoding}"
        fix = "Save the file as UTF-8, or name the encoding that it has (data.encoding)."
        raise DataError.at(path, line, what, fix) from None
