"""The files and folders that a user names: their text, their encoding, or what they contain."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.archive import is_archive, is_mac_metadata, names_of
from seqops.preprocessing.binary_formats import BEGINNING, office_format, picture_format
from seqops.preprocessing.encodings import is_western, likely_encoding
from seqops.preprocessing.korean import nfc
from seqops.preprocessing.text_file import FIX, MAX_UNPACKED, decode, require_text, unpacked

HEAD = 2000
"""Lines by which a format is recognised."""
COMPRESSED = (".gz", ".zip")
JSON = "JSON, which no task reads"
FLATTEN = "Write a table, or lines of tokens and tags, from it."
IDX_NAME = re.compile(r"^[^.].*\bidx[134]-ubyte(\.gz)?$")


@dataclass(frozen=True)
class InputFile:
    """A file: its text and the encoding of that, or the names of the members of an archive or a folder.

    binary: the format of files of pictures, `idx` or `cifar`, whose only member is the file; empty: another.
    """

    path: Path
    text: str
    encoding: str = "utf-8"
    members: tuple[str, ...] = ()
    binary: str = ""

    @classmethod
    def open(cls, path: Path) -> InputFile:
        """Read a file, or list a folder. Raises DataError for what no task can read."""
        if path.is_dir():
            return cls(path, "", members=_files_in(path))
        if path.is_file() and is_archive(path):
            names = tuple(name for name in names_of(path, MAX_UNPACKED) if not is_mac_metadata(name))
            if len(names) > 1 and office_format(names) is None:
                return cls(path, "", members=names)
        content = unpacked(path)
        if binary := picture_format(path.name.removesuffix(".gz"), content):
            return cls(path, "", members=(path.name,), binary=binary)
        require_text(path, content[:BEGINNING])
        encoding = _encoding(path, content)
        text = decode(path, content, encoding, FIX)
        if not text.strip():
            raise DataError.at(path, None, "is empty", "Save it again, or name another file.")
        _refuse_json(path, text)
        return cls(path, nfc(text.replace("\r\n", "\n").replace("\r", "\n")), encoding)

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines, without line ends and without blank lines at the end."""
        return self.text.rstrip("\n").split("\n")

    @property
    def head(self) -> Sequence[str]:
        """The first lines that are not blank."""
        return [line for line in self.lines[: 2 * HEAD] if line.strip()][:HEAD]

    @property
    def name(self) -> str:
        """The name of the file without the ending of its compression."""
        path = self.path
        return path.stem if path.suffix.lower() in COMPRESSED else path.name

    def require_utf8(self) -> None:
        """Raise DataError for another encoding: the readers of tables and sentences take UTF-8 alone."""
        if self.encoding != "utf-8":
            new = f"utf8-{self.path.name}"
            command = f"iconv -f {self.encoding} -t utf-8 {self.path.name} > {new}"
            raise DataError.at(
                self.path,
                None,
                f"the text seems to be in {self.encoding}, not in UTF-8",
                f"Convert it: `{command}`.",
            )


def opened_folders(paths: Sequence[Path]) -> list[Path]:
    """Return paths with a folder of IDX files (`train-images-idx3-ubyte.gz`) as these files, by name."""
    return [file for path in paths for file in (_idx_files(path) or [path])]


def _idx_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [file for file in sorted(path.iterdir()) if file.is_file() and IDX_NAME.search(file.name)]


def _encoding(path: Path, content: bytes) -> str:
    """Name the encoding that shows, else UTF-8 or windows-1252 if it may be that; raises DataError."""
    if likely := likely_encoding(content):
        return likely
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if is_western(content):
            return "windows-1252"
        what = f"byte 0x{content[error.start]:02x} is not UTF-8, and the encoding does not show"
        command = f"iconv -f ENCODING -t utf-8 {path.name} > utf8-{path.name}"
        fix = f"Convert it: `{command}`; for text generation, data.encoding can name it."
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, what, fix) from None
    return "utf-8"


def _refuse_json(path: Path, text: str) -> None:
    """Raise DataError if the first line of a text is JSON, or all of it."""
    try:
        found = _first_json(text)
    except RecursionError:
        raise DataError.at(path, None, f"{JSON}, nested too deeply", FLATTEN) from None
    if found is None:
        return
    record = found[0] if isinstance(found, list) else found
    entries = record.items() if isinstance(record, dict) else ()
    if nested := [key for key, value in entries if isinstance(value, list | dict)]:
        raise DataError.at(path, None, f"{JSON}, with lists or mappings in {quoted(nested[0])}", FLATTEN)
    read = f"read_json('{path.name}', lines={path.suffix != '.json'})"
    command = f"python -c \"import pandas; pandas.{read}.to_csv('{path.stem}.csv', index=False)\""
    raise DataError.at(path, None, JSON, f"Convert it: `{command}`.")


def _first_json(text: str) -> Any:
    begins = re.match(r"\s*(\{|\[\s*[\[{])", text)
    for part in (text.partition("\n")[0], text) if begins else ():
        with suppress(ValueError):
            return json.loads(part)
    return None


def _files_in(folder: Path) -> tuple[str, ...]:
    """List the files of a folder, by their paths in it, without hidden ones. Raises DataError for none."""
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    names = tuple(path.as_posix() for path in paths if not any(p.startswith(".") for p in path.parts))
    if not names:
        raise DataError.at(folder, None, "is a folder without files", "Name another one, or files.")
    return names
