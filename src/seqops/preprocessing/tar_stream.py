"""Reading the files of a tar as a stream (POSIX.1-2017, pax), without what `tarfile` expands or buffers."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from seqops.core.errors import quoted

BLOCK = tarfile.BLOCKSIZE
MAX_HEADER = 1 << 20
"""Maximum bytes of a long name or of a list of pax records."""

MAX_HEADERS = 16
"""Maximum number of headers that describe one member."""

PAX, GLOBAL, LONG_NAME, LONG_LINK = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
WITHOUT_DATA = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)


class RefusedMemberError(Exception):
    """A tar has a member that is not read, although it may be valid."""


class MemberReader:
    """The content of one file of a tar, read once, in order."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        """Start at the first byte of the content; size: its bytes."""
        self._stream, self._left, self._padding = stream, size, -size % BLOCK

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; none at the end. Raises EOFError if the tar is truncated."""
        chunk = self._stream.read(min(size, self._left))
        self._left -= len(chunk)
        if self._left and not chunk:
            raise EOFError("it ends within a member")
        return chunk

    def skip(self) -> None:
        """Read up to the next header."""
        while self._left:
            self.read(BLOCK * 512)
        self._stream.read(self._padding)
        self._padding = 0


def files_of(stream: IO[bytes], limit: int) -> Iterator[tuple[str, MemberReader]]:
    """Yield name and content of each regular file; links, folders and devices are skipped.

    limit: maximum size of a member in bytes, compared with its header before anything is read. Raises
    RefusedMemberError for a sparse file, of which a few bytes stand for any number, and for a member over the
    limit; ValueError, TarError or EOFError if the tar is broken.
    """
    records: dict[str, str] = {}
    headers = 0
    while True:
        header = _exactly(stream, BLOCK)
        if not header.strip(b"\0"):
            return
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if info.type in (PAX, GLOBAL, LONG_NAME, LONG_LINK):
            records |= _extension(info, stream)
            if (headers := headers + 1) > MAX_HEADERS:
                raise ValueError(f"more than {MAX_HEADERS} headers before a member")
            continue
        name, size = records.get("path", info.name), _size(records.get("size"), info, limit)
        if info.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse") for key in records):
            raise RefusedMemberError(f"{quoted(name)} is a sparse file")
        records, headers = {}, 0
        content = MemberReader(stream, 0 if info.type in WITHOUT_DATA else size)
        # before POSIX.1-1988 a folder was a file with a slash at the end
        if info.type in FILES and not name.endswith("/"):
            yield name, content
        content.skip()


def _size(record: str | None, info: tarfile.TarInfo, limit: int) -> int:
    size = info.size if record is None else int(record)
    if not 0 <= size <= limit:
        raise RefusedMemberError(
            f"{quoted(info.name)} has {size:,} bytes, more than the limit of {limit:,} bytes"
        )
    return size


def _extension(info: tarfile.TarInfo, stream: IO[bytes]) -> dict[str, str]:
    """Read a header that describes the next member; those for all members are of no use here."""
    if not 0 <= info.size <= MAX_HEADER:
        raise ValueError(f"a header of {info.size:,} bytes")
    content = MemberReader(stream, info.size)
    body = b"".join(iter(partial(content.read, MAX_HEADER), b""))
    content.skip()
    if info.type == LONG_NAME:
        return {"path": body.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    return _pax_records(body) if info.type == PAX else {}


def _pax_records(body: bytes) -> dict[str, str]:
    """Parse `length key=value` lines; length: of the whole line."""
    records, start = {}, 0
    while start < len(body):
        length = int(body[start : body.index(b" ", start)])
        line = body[start : start + length]
        if length < 1 or not line.endswith(b"\n"):
            raise ValueError("a pax record that does not end where it should")
        key, _, value = line[line.index(b" ") + 1 : -1].partition(b"=")
        records[key.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        start += length
    return records


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError("it ends without a last block")
    return found
