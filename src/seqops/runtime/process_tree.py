"""Processes that end with everything they started: when told to, or when the one that started them dies.

This file is also the program that watches over them, so it imports nothing of the package.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

PATIENCE = 10.0
"""Seconds that processes have to end before they are told, and then before they are killed."""


@contextmanager
def watched() -> Iterator[Callable[[int], None]]:
    """Yield a function that has a process end, with its descendants, if this process dies inside the block.

    A second process waits for the end of a pipe, which the kernel closes also after a SIGKILL. Linux's
    PR_SET_PDEATHSIG would reach the process alone, not those that it started.
    """
    command = [sys.executable, "-P", __file__]
    # a session of its own, so that what is sent to all processes of a terminal does not end it first
    watcher = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def watch(pid: int) -> None:
        with suppress(OSError):  # somebody has ended the watcher
            watcher.stdin.write(f"{pid}\n".encode())  # type: ignore[union-attr]
            watcher.stdin.flush()  # type: ignore[union-attr]

    try:
        yield watch
    finally:
        watcher.kill()
        with suppress(OSError):
            watcher.stdin.close()  # type: ignore[union-attr]
        watcher.wait()


def end_tree(pid: int, patience: float) -> None:
    """End a process and its descendants, if they do not end within some seconds."""
    with suppress(psutil.NoSuchProcess):
        _end(psutil.Process(pid), patience)


def _end(first: psutil.Process, patience: float) -> None:
    """Do as `end_tree`. Raises psutil.NoSuchProcess if the process has ended, though its id is used again."""
    running = [first, *first.children(recursive=True)]
    for seconds, act in ((patience, psutil.Process.terminate), (PATIENCE, psutil.Process.kill)):
        _, running = psutil.wait_procs(running, timeout=seconds)
        for process in running:
            with suppress(psutil.NoSuchProcess):
                act(process)
    psutil.wait_procs(running)


def _watch() -> None:
    """Read the id of a process, then wait until standard input ends, and end the process."""
    with suppress(psutil.NoSuchProcess, ValueError):
        process = psutil.Process(int(sys.stdin.readline()))
        sys.stdin.read()
        _end(process, patience=0)


if __name__ == "__main__":
    _watch()
