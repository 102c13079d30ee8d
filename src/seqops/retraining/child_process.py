"""A command that is run repeatedly, never twice at the same time, and can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from seqops.runtime.process_tree import watched


class Command:
    """A command line, run in a folder and in its own process group.

    A Ctrl-C at the terminal reaches only this process, which passes it on once, to the whole group.
    """

    def __init__(self, words: Sequence[str], folder: Path, lock: int) -> None:
        """Store the command line; lock: a file descriptor that the command inherits, and the lock with it."""
        self._words, self._folder, self._lock_fd = list(words), folder, lock
        self._lock = Lock()
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended

    def run(self) -> int | None:
        """Run to completion; return the exit code (negative: the signal), or None after `end`."""
        with watched() as watch:
            with self._lock:
                if self._ended:
                    return None
                self._process = subprocess.Popen(  # noqa: S603
                    self._words,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    pass_fds=(self._lock_fd,),
                    process_group=0,
                )
                watch(self._process.pid)
            code = self._process.wait()
        with self._lock:
            self._process = None
        return code

    def end(self, by: signal.Signals) -> bool:
        """Start no more runs and signal the process group of a current one; return whether there is one."""
        with self._lock:
            self._ended = True
            if self._process is None:
                return False
            # the group may have ended just now
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, by)
            return True
