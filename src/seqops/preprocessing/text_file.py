"""Decoding of text files; errors name the line of a bad byte, and the encoding if it shows."""

from __future__ import annotations

from pathlib import Path

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.archive import is_archive, only_file
from seqops.preprocessing.binary_formats import BEGINNING, binary_format
from seqops.preprocessing.encodings import NEAR_CYRILLIC, SUPERSETS, likely_encoding
from seqops.preprocessing.twice_encoded import TwiceEncoded, twice_encoded

FIX = "Save the file as UTF-8, or download it again if it is truncated."
MAX_UNPACKED = 4 << 30
"""Maximum number of bytes that a compressed file may unpack to."""


def read_text(path: Path, encoding: str = "utf-8", fix: str = FIX) -> str:
    """Read a text file, with or without a byte order mark; a gzip file or a zip of one file is unpacked.

    Raises DataError if it is missing or not text.
    """
    return decode(path, read_content(path), encoding, fix)


def read_content(path: Path) -> bytes:
    """Read the bytes of a text file, unpacked. Raises DataError if it is missing or evidently not text."""
    content = unpacked(path)
    require_text(path, content[:BEGINNING])
    return content


def unpacked(path: Path) -> bytes:
    """Read the bytes of a file, or of the only one that is packed in it. Raises DataError."""
    if path.exists() and not path.is_file():
        raise DataError.at(path, None, "is not a file", "Name a file.")
    try:
        return only_file(path, MAX_UNPACKED) if is_archive(path) else path.read_bytes()
    except FileNotFoundError:
        raise DataError.at(path, None, "no such file", "Check the path, or run the download again.") from None


def require_text(path: Path, beginning: bytes) -> None:
    """Raise DataError for a file that begins as an image, a document or another binary file does."""
    if found := binary_format(beginning):
        raise DataError.at(path, None, f"is {found.what}, not text", found.fix)


def decode(path: Path, content: bytes, encoding: str = "utf-8", fix: str = FIX, member: str = "") -> str:
    """Decode the content of a file, or of a member of an archive, which the error then names.

    Raises DataError with the line of the first bad byte, and for a text in another encoding or encoded twice.
    """
    if encoding != "utf-8":
        _check_encoding(path, content, encoding)
    elif content.isascii() and (likely := likely_encoding(content)):
        raise DataError.at(path, None, f"the text seems to be in {likely}, not in UTF-8", fix)
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        likely = likely_encoding(content)
        hint = f"; the text seems to be in {likely}" if likely not in ("", encoding) else ""
        what = f"byte 0x{content[error.start]:02x} is not {encoding.upper()}{hint}"
        if member:
            raise DataError.at(path, None, f"in {member}, {what}", fix) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, what, fix) from None
    if broken := twice_encoded(text):
        raise _twice_encoded(broken, path, member)
    return text


def _twice_encoded(broken: TwiceEncoded, path: Path, member: str) -> DataError:
    cause = f"UTF-8 was read as {broken.encoding} and encoded once more"
    what = f"{quoted(broken.found)} was {quoted(broken.was)}: {cause}"
    remedy = f"Take the original, or undo it: iconv -f utf-8 -t {broken.encoding} FILE > REPAIRED."
    if member:
        return DataError.at(path, None, f"in {member}, line {broken.line:,}, {what}", remedy)
    return DataError.at(path, broken.line, what, remedy)


def _check_encoding(path: Path, content: bytes, encoding: str) -> None:
    likely = likely_encoding(content)
    if encoding == "utf-16" and likely != "utf-16":
        what = "no byte order mark, so it is not UTF-16" + (f" but {likely}" if likely else "")
        raise DataError.at(path, None, what, "Set data.encoding to the encoding of the file.")
    if likely in ("koi8-r", "windows-1251") and encoding in NEAR_CYRILLIC:
        return
    if likely and likely not in (encoding, SUPERSETS.get(encoding)):
        what = f"the text is in {likely}, not {encoding}"
        raise DataError.at(path, None, what, f"Set data.encoding to {likely}.")
