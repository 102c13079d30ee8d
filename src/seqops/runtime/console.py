"""How a program of the project starts, speaks and fails."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console

from seqops.core.errors import SeqopsError
from seqops.core.redaction import redact

IN_A_LOG = 120  # columns, where there is no screen to ask
out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else IN_A_LOG)
err = Console(stderr=True, soft_wrap=True, width=None if sys.stderr.isatty() else IN_A_LOG)


@contextmanager
def exit_on_error(debug: bool = False) -> Iterator[None]:
    """Turn an expected failure to one message on stderr and a non-zero exit; `debug` shows the traceback.

    Secrets of addresses are masked, in the traceback of a failure that nobody expected too.
    """
    sys.excepthook = _show
    try:
        yield
    except KeyboardInterrupt:
        err.print("Stopped. What was finished is kept; run the same command to go on.")
        sys.exit(130)
    except (SeqopsError, OSError) as error:
        if debug:
            raise
        print_error(error)
        sys.exit(1)


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def print_error(error: SeqopsError | OSError) -> None:
    """Print an expected failure."""
    from rich.markup import escape

    err.print("[bold red]error:[/]", escape(error_summary(error)), highlight=False, markup=True)


def error_summary(error: SeqopsError | OSError) -> str:
    """Say in words what failed, and what to do."""
    if isinstance(error, SeqopsError):
        return redact(str(error))
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. Free space or mend the permission, then run it again."


def run_stage(stage: Callable[[str], None]) -> None:
    """Run a stage for the task named on the command line: `program TASK [--debug]`."""
    import typer

    def main(task: str, debug: bool = typer.Option(False, help="show the traceback of an error")) -> None:
        with exit_on_error(debug):
            stage(task)

    main.__doc__ = stage.__doc__
    typer.run(main)
