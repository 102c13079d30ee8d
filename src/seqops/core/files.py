"""Atomic writes of files and folders, JSON, and content hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqops.core.errors import DataError

READ_BYTES = 1 << 18
"""Bytes that are read at a time from a stream."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success fsync it and rename it over `path`.

    A kill or an error leaves the old file unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # the suffix stays because Keras and pandas choose the format by it
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        # the error of a failed write does not name the file
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`; on success replace `path` with it.

    An error leaves the old folder unchanged.
    """
    temporary, former = (path.with_name(f".{os.getpid()}.{kind}.{path.name}") for kind in ("new", "old"))
    for left in (temporary, former):
        # a killed process with the same id, which is common in containers, used the same names
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if path.exists():
            path.replace(former)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys and unescaped UTF-8. Raises ValueError for NaN."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    write_bytes(path, (text + "\n").encode("utf-8"))


def read_json(path: Path) -> Any:
    """Read JSON. Raises DataError, naming the file, if it is missing or corrupt."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, RecursionError) as error:
        raise unreadable(path, "JSON", error) from None


def unreadable(path: Path, what: str, error: Exception) -> DataError:
    """Return the error for a file whose content is not readable."""
    reason = f"not readable as {what}: {' '.join(str(error).split())[:200]}"
    return DataError.at(path, None, reason, "Run `dvc repro` again.")


def missing(path: Path) -> DataError:
    """Return the error for an output whose stage has not run."""
    return DataError(f"{path} does not exist. Run the stage that writes it: `dvc repro`.")


def sha256_of(path: Path, ignored: str | None = None) -> str:
    """Hash a file, or a folder by the sorted relative names and hashes of its files.

    ignored: the name of folders whose files do not count.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    entries = sorted(p for p in path.rglob("*") if p.is_file() and p.parent.name != ignored)
    lines = (f"{p.relative_to(path).as_posix()} {sha256_of(p)}\n" for p in entries)
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def sha256_of_json(value: Any) -> str:
    """Hash a JSON value in its canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
