"""Locks between processes, which the kernel takes back from a holder that dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqops.contract import SeqopsError


class Taken(SeqopsError):
    """Another process does what only one may do at a time."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def at_once(path: Path, what: str) -> Iterator[None]:
    """Hold a lock; raise Taken at once where another process does. what: one of which may run at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Taken(f"{what} runs already (process {holder}). Wait until it has ended.") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
