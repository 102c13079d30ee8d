"""Files that are no text, told by how they begin or by the members of their zip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TABLE = "Export the table as CSV in UTF-8, and name that."
UNPACK = "Unpack it, and name the file."
TEXT = "Name a text file."
BEGINNING = 16
"""Bytes by which a format is told."""


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
}
OFFICE = {
    "xl/": Format("an Excel file", "Export the sheet as CSV in UTF-8, and name that."),
    "word/": Format("a Word document", "Save it as plain text in UTF-8, and name that."),
    "ppt/": Format("a PowerPoint file", TEXT),
    "META-INF/manifest.xml": Format(
        "an OpenDocument file", "Save it as CSV or text in UTF-8, and name that."
    ),
}


def binary_format(beginning: bytes) -> Format | None:
    """Tell the format of a file by its first bytes; None for a text, a zip and a gzip file."""
    return next((found for magic, found in MAGIC.items() if re.match(magic, beginning, re.DOTALL)), None)


def office_format(members: Sequence[str]) -> Format | None:
    """Tell a document by the members of its zip; None for another archive."""
    for start, found in OFFICE.items():
        if any(name.startswith(start) for name in members):
            return found
    return None
