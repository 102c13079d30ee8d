"""Reading single members of archives, with a limit on the unpacked size."""

from __future__ import annotations

import errno
import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from seqops.core.errors import DataError
from seqops.core.files import READ_BYTES

TAR_MAGIC = b"ustar", slice(257, 262)
"""The bytes of a tar that tell it from other files, and where they stand (POSIX.1-1988)."""
BROKEN = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or a gzip file, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(4)
    return start == b"PK\x03\x04" or start[:2] == b"\x1f\x8b"


def extract(archive: Path, member: str, to: Path, limit: int) -> None:
    """Write one member of a zip or tar.gz to a file; a gzip that is no tar is its own only member.

    limit: maximum unpacked bytes of the member and of all that precedes it in a tar; counted while
    unpacking, because a header can be wrong. Raises DataError if the member is missing, the archive is
    broken or the limit is exceeded.
    """
    parts = PurePosixPath(member.replace("\\", "/")).parts
    if member.startswith(("/", "\\")) or ".." in parts or ":" in member:
        fix = "Name a member by a relative path without `..`."
        raise DataError.at(archive, None, f"the member {member!r} points outside the archive", fix)
    try:
        with _opened(archive, member, limit) as source, to.open("wb") as file:
            while chunk := source.read(READ_BYTES):
                file.write(chunk)
    except BROKEN as error:
        raise _broken(archive, error) from None
    except OSError as error:
        # EINVAL: an impossible offset in a broken file
        if error.errno != errno.EINVAL:
            raise
        raise _broken(archive, error) from None


def members(archive: Path, limit: int, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each wanted file of a tar.gz, in its order; nothing is written to disk.

    limit: maximum unpacked bytes of the whole archive, counted while unpacking. Raises DataError if the
    archive is broken or the limit is exceeded.
    """
    try:
        with gzip.open(archive) as unpacked:
            bounded = io.BufferedReader(_Bounded(unpacked, archive, limit), READ_BYTES)
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                for info in tar:
                    source = tar.extractfile(info) if info.isreg() and wanted(info.name) else None
                    if source is not None:
                        yield info.name, source.read()
    except BROKEN as error:
        raise _broken(archive, error) from None


def _broken(archive: Path, error: Exception) -> DataError:
    what = f"broken archive ({str(error) or type(error).__name__})"
    return DataError.at(archive, None, what, "Download it again.")


@contextmanager
def _opened(archive: Path, member: str, limit: int) -> Iterator[IO[bytes]]:
    with archive.open("rb") as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as zipped:
                if member not in zipped.namelist():
                    raise _missing_member(archive, member)
                with zipped.open(member) as source:
                    yield io.BufferedReader(_Bounded(source, archive, limit), READ_BYTES)
        else:
            file.seek(0)
            with gzip.open(file) as unpacked:
                bounded = io.BufferedReader(_Bounded(unpacked, archive, limit), READ_BYTES)
                tar = bounded.peek(TAR_MAGIC[1].stop)[TAR_MAGIC[1]] == TAR_MAGIC[0]
                yield _tar_member(archive, bounded, member) if tar else bounded


def _tar_member(archive: Path, unpacked: io.BufferedReader[_Bounded], member: str) -> IO[bytes]:
    # a stream, so that the bytes before the member are counted too
    tar = tarfile.open(fileobj=unpacked, mode="r|")  # noqa: SIM115
    for info in tar:
        if info.name == member and info.isreg():
            source = tar.extractfile(info)
            if source is not None:
                return source
    raise _missing_member(archive, member)


def _missing_member(archive: Path, member: str) -> DataError:
    return DataError.at(archive, None, f"contains no file {member!r}", "Name one of its members.")


class _Bounded(io.RawIOBase):
    """A reader that raises DataError after a limit of bytes."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile, archive: Path, limit: int) -> None:
        self._source, self._archive, self._limit, self._total = source, archive, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._source.read(len(buffer))
        self._total += len(chunk)
        if self._total > self._limit:
            what = f"unpacks to more than the limit of {self._limit:,} bytes"
            raise DataError.at(self._archive, None, what, "Do not use this file; name another.")
        buffer[: len(chunk)] = chunk
        return len(chunk)
