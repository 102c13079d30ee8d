"""Files that are no text or not the one that is meant, told by how they begin or by what their zip has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TABLE = "Export the table as CSV in UTF-8, and name that."
UNPACK = "Unpack it, and name the file."
TEXT = "Name a text file."
OPEN = "Save it as CSV or text in UTF-8, and name that."
BEGINNING = 64
"""Bytes by which a format is told."""
PAGE = (
    "It may say that a file is missing, or ask to log in: open it, download the file itself, and name that."
)


@dataclass(frozen=True)
class Format:
    """A format in words, and what to do with such a file."""

    what: str
    fix: str


MAGIC = {
    rb"\xd0\xcf\x11\xe0": Format("an Excel or Word file of before 2007", TABLE),
    rb"PAR1": Format("a Parquet file", TABLE),
    rb"ARROW1\0": Format("an Arrow file", TABLE),
    rb"\x89HDF\r\n": Format("an HDF5 file", TABLE),
    rb"\x93NUMPY": Format("a NumPy array", TABLE),
    rb"\x80[\x02-\x05].": Format("a Python pickle", TABLE),
    rb"SQLite format 3\0": Format("an SQLite database", TABLE),
    rb"\x89PNG\r\n": Format("a PNG image", TEXT),
    rb"\xff\xd8\xff": Format("a JPEG image", TEXT),
    rb"GIF8[79]a": Format("a GIF image", TEXT),
    rb"%PDF-": Format("a PDF document", "Save its text, or its table as CSV, in UTF-8, and name that."),
    rb"7z\xbc\xaf": Format("a 7z archive", UNPACK),
    rb"Rar!\x1a": Format("a RAR archive", UNPACK),
    rb"BZh[1-9]1AY&SY": Format("a bzip2 file", UNPACK),
    rb"\xfd7zXZ": Format("an xz file", UNPACK),
    rb"\x28\xb5\x2f\xfd": Format("a zstd file", UNPACK),
    rb"\x1f\x8b": Format("a gzip file in another one", UNPACK),
    rb"PK\x03\x04": Format("a zip in another archive", UNPACK),
    rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html[\s>])": Format("a web page", PAGE),
    rb"version https://git-lfs": Format("a pointer of Git LFS", "Fetch the file itself by `git lfs pull`."),
    rb"(.\0){8}|(\0.){8}": Format(
        "UTF-16 without a byte order mark", "Convert it by `iconv -f utf-16le -t utf-8`, or from utf-16be."
    ),
}
IDX = rb"\0\0\x08[\x01\x03\x04]"
"""The beginning of a file of bytes of the MNIST family, with 1, 3 or 4 dimensions."""
CIFAR_ROW = 3073
"""Bytes of a label and a picture in a binary batch of CIFAR-10, whose name ends in .bin."""
OFFICE = {
    "xl/": Format("an Excel file", "Export the sheet as CSV in UTF-8, and name that."),
    "word/": Format("a Word document", "Save it as plain text in UTF-8, and name that."),
    "ppt/": Format("a PowerPoint file", TEXT),
    "META-INF/manifest.xml": Format("an OpenDocument file", OPEN),
    "mimetype": Format("an OpenDocument file or a book", OPEN),
}


def binary_format(beginning: bytes) -> Format | None:
    """Tell the format of a file by its first bytes; None for a text. Archives are unpacked before."""
    return next(
        (found for magic, found in MAGIC.items() if re.match(magic, beginning, re.DOTALL | re.IGNORECASE)),
        None,
    )


def picture_format(name: str, content: bytes) -> str:
    """Tell files of labelled pictures: `idx` or `cifar`; empty for others. name: of the file."""
    if re.match(IDX, content):
        return "idx"
    return "cifar" if name.endswith(".bin") and content and len(content) % CIFAR_ROW == 0 else ""


def office_format(members: Sequence[str]) -> Format | None:
    """Tell a document by the members of its zip; None for another archive."""
    for start, found in OFFICE.items():
        if any(name.startswith(start) for name in members):
            return found
    return None
