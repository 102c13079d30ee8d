"""Ctrl-C and other signals while a program imports, which takes seconds.

Python raises an exception where it is, and imports swallow it, or make another one of it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOPPED = "Stopped. Finished work is kept; run the same command again to resume."


def end_imports_at_once() -> None:
    """Let a Ctrl-C while the main program imports end it by the signal, with one line.

    At any other time it raises KeyboardInterrupt as before; a handler that is already there stays.
    """
    if _in_main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_or_interrupt)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back signals that raise exceptions until the block ends."""
    numbers: list[int] = []
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    raising = {number: handler for number, handler in former.items() if callable(handler)}
    if not _in_main_thread():
        raising = {}
    for number in raising:
        signal.signal(number, lambda number, _: numbers.append(number))
    try:
        yield
    finally:
        for number, handler in raising.items():
            signal.signal(number, handler)
        if numbers:
            signal.raise_signal(numbers[0])


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _end_or_interrupt(number: int, frame: FrameType | None) -> None:
    if not _is_import_of_main(frame):
        signal.default_int_handler(number, frame)
    with suppress(OSError):
        os.write(2, f"{STOPPED}\n".encode())
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _is_import_of_main(frame: FrameType | None) -> bool:
    """Return whether a frame is reached from an import statement of the main program itself."""
    names: list[str] = []  # of the files, the innermost first
    while frame is not None and frame.f_globals.get("__name__") != "__main__":
        names.append(frame.f_code.co_filename)
        frame = frame.f_back
    at_top = frame is not None and frame.f_code.co_name == "<module>"
    return at_top and bool(names) and names[-1].startswith("<frozen importlib")
