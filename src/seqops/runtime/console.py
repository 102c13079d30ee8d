"""Console output, error reporting and the entry point of the stages."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console
from rich.text import Text

from seqops.core.errors import SeqopsError, without_long_words
from seqops.core.redaction import redact
from seqops.runtime.ctrl_c import STOPPED


def _reopen_closed_streams() -> None:
    """Connect closed standard streams to the null device: the next opened file would take their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode)  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


_reopen_closed_streams()
REPEAT = 0.1
"""Seconds until a signal is sent again that Python has ignored."""
LOG_WIDTH = 120  # columns, if the output is not a terminal
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that a terminal obeys, except tab and end of line; that turn the direction of a text; or that
stand for bytes that are not UTF-8, as in a file name."""


class PlainConsole(Console):
    """A console that shows control characters as escapes: data and answers of servers steer no terminal.

    optional: output that can no longer be written, as its pipe is closed or the disk full, ends nothing.
    """

    optional = False

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and do not raise if the output is optional."""
        try:
            super().print(*objects, **options)
        except OSError:
            if not self.optional:
                raise
            self.quiet = True

    def on_broken_pipe(self) -> None:
        """End the command where nobody reads its output, unless it is optional."""
        if not self.optional:
            super().on_broken_pipe()
        self.quiet = True

    def render_str(self, text: str, **options: Any) -> Text:
        """Convert a string that is printed, also one in a table."""
        return super().render_str(CONTROL.sub(_escape, text), **options)


def _escape(character: re.Match[str]) -> str:
    return character[0].encode("unicode_escape").decode("ascii")


out = PlainConsole(soft_wrap=True, width=None if sys.stdout.isatty() else LOG_WIDTH)
err = PlainConsole(stderr=True, soft_wrap=True, width=None if sys.stderr.isatty() else LOG_WIDTH)
err.optional = True


def make_output_optional() -> None:
    """Let a command that runs unattended go on where its output can no longer be written."""
    out.optional = True


ENDING = (signal.SIGTERM, signal.SIGHUP)


class Terminated(SystemExit):
    """The process was asked to end by SIGTERM, or by SIGHUP since its terminal was closed."""

    def __init__(self, number: int) -> None:
        """number: of the signal."""
        super().__init__(128 + number)
        self.number = number


@contextmanager
def exit_on_error(debug: bool = False) -> Iterator[None]:
    """Turn an expected error into one message on stderr and a non-zero exit; `debug` shows the traceback.

    Ctrl-C, SIGTERM and SIGHUP end with 130, 143 and 129. Secrets in URLs are masked, also in the traceback
    of an unexpected error.
    """
    sys.excepthook = _show
    try:
        with exit_on_sigterm():
            yield
    except KeyboardInterrupt:
        err.print(STOPPED)
        sys.exit(130)
    except Terminated:
        err.print(STOPPED)
        raise
    except (SeqopsError, OSError) as error:
        if debug:
            raise
        print_error(error)
        sys.exit(1)


@contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """Exit by an exception on SIGTERM, with code 143, so that temporary files are removed.

    So too on SIGHUP, with code 129: the terminal was closed. Only the main thread can do this; a handler that
    is already there stays, and so does a signal that is ignored, as SIGHUP is by `nohup`.
    """
    own = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread() or not own:
        yield
        return
    former = sys.unraisablehook

    def hook(ignored: sys.UnraisableHookArgs) -> None:
        if not _repeat_signal(ignored):
            former(ignored)

    def terminate(number: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is hook.__code__:  # Python ignores exceptions there too
                _send_again(number)
                return
            frame = frame.f_back
        raise Terminated(number)

    sys.unraisablehook = hook
    for number in own:
        signal.signal(number, terminate)
    try:
        yield
    finally:
        for number in own:
            signal.signal(number, signal.SIG_DFL)
        sys.unraisablehook = former


def _repeat_signal(ignored: sys.UnraisableHookArgs) -> bool:
    """Send a signal again whose exception came inside a destructor or a callback, where Python ignores it."""
    number: int | None = signal.SIGINT if ignored.exc_type is KeyboardInterrupt else None
    if isinstance(ignored.exc_value, Terminated):
        number = ignored.exc_value.number
    if number is not None:
        _send_again(number)
    return number is not None


def _send_again(number: int) -> None:
    """Send this process a signal a little later."""
    again = threading.Timer(REPEAT, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def print_error(error: BaseException) -> None:
    """Print an error on one line."""
    from rich.markup import escape

    message = without_long_words(error_summary(error))
    err.print("[bold red]error:[/]", escape(message), highlight=False, markup=True)


def error_summary(error: BaseException) -> str:
    """Format an error: what failed, and what to do; of an unexpected one, where it was raised."""
    if isinstance(error, SeqopsError):
        return redact(str(error))
    if not isinstance(error, OSError):
        places = traceback.extract_tb(error.__traceback__)
        where = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
        what = redact(" ".join(_text_of(error).split())[:300])
        return f"unexpected {type(error).__name__}{where}: {what}. Report it with the traceback of --debug."
    where = f"{error.filename}: " if error.filename else ""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return f"{where}{error.strerror}. Check the path."
    return f"{where}{error.strerror or error}. Free disk space or fix the permissions, then run it again."


def _text_of(error: BaseException) -> str:
    """Return the text of an error as valid Unicode; of one that has none, nothing."""
    try:
        return str(error).encode("utf-8", "backslashreplace").decode("utf-8")
    except Exception:
        return ""


def run_stage(stage: Callable[[str], str]) -> None:
    """Run a stage for the task named on the command line: `program TASK [--debug]`.

    It has the outputs of the task for itself. stage: returns what it did in a few words, which are printed
    with the seconds that it took: `stage 7 of 30: train ner, 14 s: 6 epochs, best 5`.
    """
    from seqops.runtime.stage_lock import outputs_of
    from seqops.runtime.stage_numbers import place_of

    def alone(task: str) -> None:
        place, started = place_of(Path(sys.argv[0]).stem, task), time.monotonic()
        err.print(place, markup=False, highlight=False)
        with outputs_of(task):
            done = stage(task)
        err.print(f"{place}, {time.monotonic() - started:.0f} s: {done}", markup=False, highlight=False)

    alone.__doc__ = stage.__doc__
    run_program(alone)


def run_program(program: Callable[[str], None]) -> None:
    """Run a function for the task named on the command line: `program TASK [--debug]`."""
    import typer

    from seqops.core.project import Project
    from seqops.runtime.installed_code import require_recorded

    def main(task: str, debug: bool = typer.Option(False, help="Show the traceback of an error.")) -> None:
        with exit_on_error(debug):
            require_recorded(Project.find().root)
            program(task)

    main.__doc__ = program.__doc__
    typer.run(main)
