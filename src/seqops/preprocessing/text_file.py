"""Decoding of text files; errors name the line of a bad byte, and the encoding if it shows."""

from __future__ import annotations

import re
from pathlib import Path

from seqops.core.errors import DataError
from seqops.preprocessing.archive import is_archive, only_file
from seqops.preprocessing.scripts import HANGUL

FIX = "Save the file as UTF-8, or download it again if it is truncated."
MAX_UNPACKED = 4 << 30
"""Maximum number of bytes that a compressed file may unpack to."""
BINARY = {b"\xd0\xcf\x11\xe0": "an Excel file", b"PAR1": "a Parquet file"}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
KOREAN = 0.3
"""Share of the characters beyond ASCII, in CP949, from which a text is Korean."""


def read_text(path: Path, encoding: str = "utf-8", fix: str = FIX) -> str:
    """Read a text file, with or without a byte order mark; a gzip file or a zip of one file is unpacked.

    Raises DataError if it is missing or not text.
    """
    return decode(path, read_content(path), encoding, fix)


def read_content(path: Path) -> bytes:
    """Read the bytes of a text file, unpacked. Raises DataError if it is missing or evidently not text."""
    try:
        content = only_file(path, MAX_UNPACKED) if is_archive(path) else path.read_bytes()
    except FileNotFoundError:
        raise DataError.at(path, None, "no such file", "Check the path, or run the download again.") from None
    if kind := BINARY.get(content[:4]):
        raise DataError.at(path, None, kind, "Export the table as CSV in UTF-8, and name that.")
    return content


def decode(path: Path, content: bytes, encoding: str = "utf-8", fix: str = FIX, member: str = "") -> str:
    """Decode the content of a file, or of a member of an archive, which the error then names.

    Raises DataError with the line of the first bad byte, and for a text that is in another encoding.
    """
    if encoding != "utf-8":
        _check_encoding(path, content, encoding)
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        likely = likely_encoding(content)
        hint = f"; the text seems to be in {likely}" if likely not in ("", encoding) else ""
        what = f"byte 0x{content[error.start]:02x} is not {encoding.upper()}{hint}"
        if member:
            raise DataError.at(path, None, f"in {member}, {what}", fix) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, what, fix) from None


def likely_encoding(content: bytes) -> str:
    """Name the encoding of a text that is not only ASCII, if it shows: UTF-16, UTF-8 or Korean CP949."""
    if content.startswith(UTF16):
        return "utf-16"
    for encoding in ("utf-8", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = len(re.findall(r"[^\x00-\x7f]", text))
        # by KS X 1001 alone: in Western text, CP949 takes a quotation mark and a letter for a rare syllable
        syllables = re.findall(f"[{HANGUL}]", text)
        common = sum(len(syllable.encode("euc-kr", "ignore")) == 2 for syllable in syllables)
        korean = common >= KOREAN * beyond
        return encoding if beyond and (encoding == "utf-8" or korean) else ""
    return ""


def _check_encoding(path: Path, content: bytes, encoding: str) -> None:
    likely = likely_encoding(content)
    if encoding == "utf-16" and likely != "utf-16":
        what = "no byte order mark, so it is not UTF-16" + (f" but {likely}" if likely else "")
        raise DataError.at(path, None, what, "Set data.encoding to the encoding of the file.")
    if likely and likely != encoding and (encoding, likely) != ("euc-kr", "cp949"):
        what = f"the text is in {likely}, not {encoding}"
        raise DataError.at(path, None, what, f"Set data.encoding to {likely}.")
