"""One process at a time: a lock that names who holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqops.contract import SeqopsError


class Occupied(SeqopsError):
    """Somebody else holds the lock."""


@contextmanager
def sole(path: Path) -> Iterator[int]:
    """Hold the lock and yield its descriptor; a child that inherits it holds the lock as well.

    The kernel lets go when the last of them has died. Raises Occupied, at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Occupied(_who(file.read().strip())) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()


def _who(pid: str) -> str:
    if not pid.isdecimal():
        return "another one is just starting in this project. Stop that one first."
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return f"process {pid} is gone, but what it began in this project still runs. Wait for its end."
    except PermissionError:
        pass
    return f"another one runs in this project: process {pid}. Stop that one first: kill {pid}."
