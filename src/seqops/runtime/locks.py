"""Locks between processes, which the kernel takes back from a holder that dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seqops.core.errors import SeqopsError


class LockHeldError(SeqopsError):
    """Another process does what only one may do at a time."""


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared_lock(path: Path, first: Callable[[], None]) -> Iterator[None]:
    """Hold a lock together with others; who finds it free does `first` before anybody else comes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            first()
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def try_lock(path: Path, what: str) -> Iterator[int]:
    """Hold a lock and yield its descriptor; a child that inherits that holds the lock as well.

    what: one of which may run at a time. Raises LockHeldError, at once, where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockHeldError(f"{what} runs already {_held_by(file.read().strip())}") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()


def _held_by(holder: str) -> str:
    if not holder.isdecimal():
        return "(process unknown). Wait until it has ended."
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return f"(process {holder} is gone, but what it began still runs). Wait until that has ended."
    except PermissionError:
        pass
    return f"(process {holder}). Wait until it has ended, or end it: kill {holder}."
