"""A command that is run again and again, never twice at once, and can be told to end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock


class Command:
    """Words of a command line, run in a folder and in a process group of their own.

    A Ctrl-C at the terminal reaches this process alone, which passes it on once, to the whole group.
    """

    def __init__(self, words: Sequence[str], folder: Path, held: int) -> None:
        """Keep the words; held: a descriptor that the command inherits, and with it a lock."""
        self._words, self._folder, self._held = list(words), folder, held
        self._lock = Lock()
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ended(self) -> bool:
        """Whether it was told to end."""
        return self._ended

    def run(self) -> int | None:
        """Run to the end; return the exit code (minus the signal that ended it), or None once told to end."""
        with self._lock:
            if self._ended:
                return None
            self._process = subprocess.Popen(  # noqa: S603
                self._words,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                pass_fds=(self._held,),
                process_group=0,
            )
        code = self._process.wait()
        with self._lock:
            self._process = None
        return code

    def end(self, by: signal.Signals) -> bool:
        """Begin no run any more, and signal the group of a present one; tell whether there is one."""
        with self._lock:
            self._ended = True
            if self._process is None:
                return False
            # its leader may just have died
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, by)
            return True
