"""The time that a download may take, and its least rate, watched from outside of the transfer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Thread
from typing import TypeVar

from seqops.core.settings import DownloadSettings

T = TypeVar("T")
WINDOW = 30.0
"""Seconds over which the rate is measured."""
POLL = 0.5
"""Seconds between two looks at a transfer."""


class TooSlowError(Exception):
    """A download takes too long, or sends too little."""


@dataclass
class Pace:
    """The progress of one download over all its attempts; clock: seconds."""

    settings: DownloadSettings
    clock: Callable[[], float] = time.monotonic
    _started: float = field(init=False)
    _since: float | None = field(init=False, default=None)
    _bytes: int = field(init=False, default=0)
    _over: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._started = self.clock()

    def measure(self, on: bool) -> None:
        """Start or stop measuring the rate, which only a body has. Raises TooSlowError like `received`."""
        self.received(0)
        self._since, self._bytes = self.clock() if on else None, 0

    def received(self, size: int) -> None:
        """Count bytes of a body. Raises TooSlowError if the transfer was given up."""
        self._bytes += size
        if self._over:
            raise TooSlowError("has ended")

    def check(self) -> None:
        """Raise TooSlowError if the time is up, or the last WINDOW had too few bytes."""
        now, least = self.clock(), self.settings.min_rate
        if now - self._started > self.settings.max_seconds:
            self._over = True
            raise TooSlowError(f"took more than {self.settings.max_seconds:,} s (download.max_seconds)")
        if self._since is not None and now - self._since >= WINDOW:
            if self._bytes < least * (now - self._since):
                self._over = True
                raise TooSlowError(f"sends less than {least:,} bytes per second (download.min_rate)")
            self._since, self._bytes = now, 0

    def watch(self, transfer: Callable[[], T]) -> T:
        """Return the result of a transfer. Raises TooSlowError, and leaves it alone, if it is too slow.

        It runs in a thread, because no socket timeout ends a server that sends a byte now and then.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(transfer())
            except BaseException as error:
                future.set_exception(error)

        Thread(target=run, daemon=True).start()
        while not wait([future], timeout=POLL).done:
            self.check()
        return future.result()
