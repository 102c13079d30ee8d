"""Decoding of text files; errors name the line of a bad byte."""

from __future__ import annotations

from pathlib import Path

from seqops.core.errors import DataError

FIX = "Save the file as UTF-8, or download it again if it is truncated."


def read_text(path: Path, encoding: str = "utf-8", fix: str = FIX) -> str:
    """Read a text file, with or without a byte order mark. Raises DataError if it is missing or not text."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError.at(path, None, "no such file", "Check the path, or run the download again.") from None
    return decode(path, content, encoding, fix)


def decode(path: Path, content: bytes, encoding: str = "utf-8", fix: str = FIX, member: str = "") -> str:
    """Decode the content of a file, or of a member of an archive, which the error then names.

    Raises DataError with the line of the first bad byte.
    """
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        what = f"byte 0x{content[error.start]:02x} is not {encoding.upper()}"
        if member:
            raise DataError.at(path, None, f"in {member}, {what}", fix) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, what, fix) from None
