"""Reading single members of archives, with a limit on the unpacked size."""

from __future__ import annotations

import errno
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from seqops.core.errors import DataError, quoted
from seqops.core.files import READ_BYTES
from seqops.preprocessing.binary_formats import office_format
from seqops.preprocessing.encodings import is_utf8
from seqops.preprocessing.tar_stream import MemberReader, RefusedMemberError, files_of

TAR_MAGIC = b"ustar", slice(257, 262)
"""The bytes of a tar that tell it from other files, and where they stand (POSIX.1-1988)."""
ANOTHER = "Do not use this file; name another."
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression of a zip; LZMA allocates what its header asks for, and bzip2 is unpacked without a limit."""

ENCRYPTED = 1
"""The flag of a member of a zip that is encrypted."""


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or a gzip file, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(4)
    return start == b"PK\x03\x04" or start[:2] == b"\x1f\x8b"


def extract(archive: Path, member: str, to: Path, limit: int) -> None:
    """Write one member of a zip or tar.gz to a file; a gzip that is no tar is its own only member.

    limit: maximum unpacked bytes of the member and of all that precedes it in a tar; compared with the
    header, and counted while unpacking, because a header can be wrong. Raises DataError if the member is
    missing, the archive is broken or the limit is exceeded.
    """
    parts = PurePosixPath(member.replace("\\", "/")).parts
    if member.startswith(("/", "\\")) or ".." in parts or ":" in member:
        fix = "Name a member by a relative path without `..`."
        raise DataError.at(archive, None, f"the member {quoted(member)} points outside the archive", fix)
    with _broken_is_data_error(archive), _opened(archive, member, limit) as source, to.open("wb") as file:
        while chunk := source.read(READ_BYTES):
            file.write(chunk)


def members(archive: Path, limit: int, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each wanted file of a zip or tar.gz, in its order; writes nothing to disk.

    limit: maximum unpacked bytes of the whole archive, counted while unpacking. Raises DataError if the
    archive is broken, the limit is exceeded, two wanted files have one name, or a name is not UTF-8.
    """
    if _is_zip(archive):
        yield from _zip_members(archive, limit, wanted)
        return
    seen: set[str] = set()
    with _broken_is_data_error(archive), gzip.open(archive) as unpacked:
        for name, content in files_of(_bounded(unpacked, archive, limit), limit):
            if wanted(name):
                _check_name(archive, name, seen)
                yield name, b"".join(iter(partial(content.read, READ_BYTES), b""))


def only_file(archive: Path, limit: int) -> bytes:
    """Return what a gzip file holds, or the only file of a zip. limit, errors: as of `opened_only_file`."""
    with opened_only_file(archive, limit) as source:
        return b"".join(iter(partial(source.read, READ_BYTES), b""))


@contextmanager
def opened_only_file(archive: Path, limit: int) -> Iterator[io.BufferedReader]:
    """Open what a gzip file holds, or the only file of a zip, to be read piece by piece.

    limit: maximum unpacked bytes. Raises DataError for several files, a tar or an Excel file.
    """
    name = _only_name(archive) if _is_zip(archive) else ""
    with _broken_is_data_error(archive), _opened(archive, name, limit) as source:
        yield source


def names_of(archive: Path, limit: int) -> list[str]:
    """List the files of a zip or tar.gz; none for a gzip that is no tar. limit: as of `members`."""
    if not _is_zip(archive):
        with _broken_is_data_error(archive), gzip.open(archive) as unpacked:
            if unpacked.peek(TAR_MAGIC[1].stop)[TAR_MAGIC[1]] != TAR_MAGIC[0]:
                return []
    names: list[str] = []

    def is_wanted(name: str) -> bool:
        names.append(name)
        return False

    list(members(archive, limit, is_wanted))
    return names


def pack(folder: Path, to: Path) -> None:
    """Write the files of a folder, but for hidden ones, to a zip: equal bytes for equal files.

    Raises DataError if there are none, or one has a name that is not UTF-8.
    """
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    shown = {name: path for name, path in files.items() if not any(p.startswith(".") for p in name.parts)}
    if not shown:
        raise DataError.at(folder, None, "the folder has no files", "Name another folder, or a file.")
    for name in shown:
        _require_utf8(folder, str(name))
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as packed:
        for name, path in shown.items():
            with path.open("rb") as file, packed.open(zipfile.ZipInfo(name.as_posix()), "w") as copy:
                shutil.copyfileobj(file, copy)


def is_mac_metadata(name: str) -> bool:
    """Return whether a member is what macOS adds beside each file: AppleDouble, or its folder in a zip."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or PurePosixPath(name).name.startswith("._")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _zip_members(archive: Path, limit: int, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with _broken_is_data_error(archive), zipfile.ZipFile(archive) as zipped:
        seen: set[str] = set()
        for info in zipped.infolist():
            name = info.filename
            if name.endswith("/") or not wanted(name):
                continue
            _check_name(archive, name, seen)
            with _zip_member(archive, zipped, info, limit) as source:
                content = _bounded(source, archive, limit).read()
            limit -= len(content)
            yield name, content


def _check_name(archive: Path, name: str, seen: set[str]) -> None:
    """Raise DataError for a name that is not UTF-8, and for a second file of a name.

    Which of two files of one name counts depends on the program that reads.
    """
    _require_utf8(archive, name)
    plain = str(PurePosixPath(name))  # without `./` and `//`
    if plain in seen:
        raise DataError.at(
            archive, None, f"contains {quoted(plain)} twice", "Pack it again, with one of them."
        )
    seen.add(plain)


def _only_name(archive: Path) -> str:
    with _broken_is_data_error(archive), zipfile.ZipFile(archive) as zipped:
        names = [name for name in zipped.namelist() if not name.endswith("/") and not is_mac_metadata(name)]
    if document := office_format(names):
        raise DataError.at(archive, None, f"is {document.what}, not text", document.fix)
    if len(names) != 1:
        what = f"a zip of {len(names)} files, where one file is read"
        raise DataError.at(archive, None, what, "Unpack it, and name the file.")
    return names[0]


def _require_utf8(place: Path, name: str) -> None:
    if not is_utf8(name):
        what = f"the name of the file {quoted(name)} is not UTF-8"
        raise DataError.at(place, None, what, "Rename it; in an archive, and pack that again.")


@contextmanager
def _broken_is_data_error(archive: Path) -> Iterator[None]:
    """Convert whatever the readers of an archive raise to DataError, except errors of the file system."""
    try:
        yield
    except DataError:
        raise
    except RefusedMemberError as error:
        raise DataError.at(archive, None, str(error), ANOTHER) from None
    except OSError as error:
        # without a number: from gzip and bz2; EINVAL: an impossible offset
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _broken(archive, error) from None
    except Exception as error:
        raise _broken(archive, error) from None


def _broken(archive: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError.at(archive, None, f"broken archive ({reason})", "Download it again.")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@contextmanager
def _opened(archive: Path, member: str, limit: int) -> Iterator[io.BufferedReader]:
    with archive.open("rb") as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as zipped:
                if member not in zipped.NameToInfo:
                    raise _missing_member(archive, member)
                with _zip_member(archive, zipped, zipped.getinfo(member), limit) as source:
                    yield _bounded(source, archive, limit)
        else:
            file.seek(0)
            with gzip.open(file) as unpacked:
                bounded = _bounded(unpacked, archive, limit)
                tar = bounded.peek(TAR_MAGIC[1].stop)[TAR_MAGIC[1]] == TAR_MAGIC[0]
                if tar and not member:
                    what = "a tar, where one file is read"
                    raise DataError.at(archive, None, what, "Unpack it, and name the file.")
                yield (
                    _bounded(_tar_member(archive, bounded, member, limit), archive, limit) if tar else bounded
                )


def _zip_member(archive: Path, zipped: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> IO[bytes]:
    if info.flag_bits & ENCRYPTED:
        what = f"{quoted(info.filename)} needs a password"
        raise DataError.at(archive, None, what, "Unpack it, and pack it again without one.")
    if info.file_size > limit:
        raise _too_large(archive, limit)
    if info.compress_type not in METHODS:
        what = f"{quoted(info.filename)} is compressed by method {info.compress_type}"
        raise DataError.at(archive, None, what, "Pack it with deflate.")
    return zipped.open(info)


def _tar_member(archive: Path, unpacked: io.BufferedReader, member: str, limit: int) -> MemberReader:
    # a stream, so that the bytes before the member are counted too
    for name, content in files_of(unpacked, limit):
        if name == member:
            return content
    raise _missing_member(archive, member)


def _missing_member(archive: Path, member: str) -> DataError:
    return DataError.at(archive, None, f"contains no file {quoted(member)}", "Name one of its members.")


def _too_large(archive: Path, limit: int) -> DataError:
    what = f"unpacks to more than the limit of {limit:,} bytes"
    return DataError.at(archive, None, what, ANOTHER)


def _bounded(source: _Readable, archive: Path, limit: int) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(source, archive, limit), READ_BYTES)


class _Bounded(io.RawIOBase):
    """A reader that raises DataError after a limit of bytes."""

    def __init__(self, source: _Readable, archive: Path, limit: int) -> None:
        self._source, self._archive, self._limit, self._total = source, archive, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._source.read(len(buffer))
        self._total += len(chunk)
        if self._total > self._limit:
            raise _too_large(self._archive, self._limit)
        buffer[: len(chunk)] = chunk
        return len(chunk)
