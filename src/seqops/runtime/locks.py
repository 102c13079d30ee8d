"""Locks between processes, which the kernel releases when their holder exits."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.runtime.leftovers import is_running


class LockHeldError(SeqopsError):
    """Another process holds the lock."""


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock alone; waits until no other process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared_lock(path: Path, first: Callable[[], None]) -> Iterator[None]:
    """Hold a lock together with other processes; the first holder calls `first` before any other enters."""
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
    """Hold a lock alone and yield its file descriptor; a child that inherits it also holds the lock.

    what: the activity that the lock protects, for the error. Raises LockHeldError immediately if another
    process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockHeldError(f"{what} is already running {_held_by(file.read().strip())}") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()


def _held_by(holder: str) -> str:
    if not holder.isdecimal():
        return "(process unknown). Wait until it ends."
    if not is_running(int(holder)):
        return f"(process {holder} has exited, but a child of it is still running). Wait until that ends."
    return f"(process {holder}). Wait until it ends, or stop it: kill {holder}."
