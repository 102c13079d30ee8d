"""`seqops predict`: predictions for raw input."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from seqops.cli.answering import print_unknown, running_version
from seqops.cli.answers import Answers, Records
from seqops.cli.answers_file import FORMATS
from seqops.cli.options import Debug, Model, OneTask
from seqops.core.errors import ConfigError, DataError, SeqopsError
from seqops.core.files import atomic_write
from seqops.core.interfaces import Endpoint
from seqops.core.project import Project
from seqops.params import Params
from seqops.preprocessing.archive import is_archive, opened_only_file
from seqops.preprocessing.binary_formats import BEGINNING
from seqops.preprocessing.text_file import MAX_UNPACKED, require_text
from seqops.runtime.console import err, exit_on_error, out


def predict(
    task: OneTask,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUT]...", help="Raw inputs; default: lines of standard input."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Read inputs from a file, one per line; a series may be a CSV file."),
    ] = None,
    alias: Annotated[str, typer.Option(help="Alias of the registered version to use.")] = "champion",
    model: Model = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Steps of a forecast; default: all that the model forecasts.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write the answers to this .csv, .jsonl or .parquet file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON record per line.")] = False,
    debug: Debug = False,
) -> None:
    """Predict from raw input with the registered model of a task."""
    with exit_on_error(debug):
        if output is not None and output.suffix not in FORMATS:
            raise ConfigError(f"--output: {output.name} must end in {', '.join(FORMATS)}.")
        endpoint = Params.load(Project.find().params).task(task).endpoint()
        arguments = map(endpoint.from_argument, inputs or [])
        batches = endpoint.requests.batches(_inputs(arguments, file, endpoint))
        batches = chain([next(batches)], batches)  # invalid input is refused before a model is loaded
        size = None if file is None or (output is None and sys.stdout.isatty()) else file.stat().st_size
        with running_version(task, alias, model) as version, progress(size, batches) as shown:
            answers = Answers(version, file)
            records = _first_steps(answers.records(shown), endpoint, horizon)
            if output is None:
                _print(records, as_json)
            else:
                with atomic_write(output) as temporary, FORMATS[output.suffix](temporary, endpoint) as write:
                    for numbers, found in records:
                        write(numbers, found)
            print_unknown(answers.unknown)
        answers.check()


def _print(answers: Iterable[tuple[Sequence[int], Records]], as_json: bool) -> None:
    for _, records in answers:
        for record in records:
            text = json.dumps(record, ensure_ascii=False)
            out.print(text, highlight=not as_json, markup=False) if as_json else out.print_json(text)


def _first_steps(
    answers: Iterable[tuple[Sequence[int], Records]], endpoint: Endpoint, horizon: int | None
) -> Iterator[tuple[Sequence[int], Records]]:
    for numbers, records in answers:
        yield numbers, records if horizon is None else endpoint.first_steps(records, horizon)


@contextmanager
def progress(size: int | None, batches: Iterable[list[str]]) -> Iterator[Iterator[list[str]]]:
    """Show on a terminal how much of a file of `size` bytes is answered; None: show nothing."""
    columns = (TextColumn("{task.fields[answered]:,} answers"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=size is None or not err.is_terminal) as bars:
        bar = bars.add_task("", total=size, answered=0)

        def counted() -> Iterator[list[str]]:
            answered = 0
            for batch in batches:
                yield batch
                answered += len(batch)
                bars.update(bar, advance=sum(len(text.encode()) + 1 for text in batch), answered=answered)

        yield counted()


def _inputs(given: Iterable[str], file: Path | None, endpoint: Endpoint) -> Iterator[str]:
    """Return the inputs one by one. Raises SeqopsError if there are none."""
    inputs = iter(given) if file is None else chain(given, _divided(file, endpoint))
    first = next(inputs, None)
    if first is None and file is None and not sys.stdin.isatty():
        lines = _decoded(sys.stdin.buffer, Path("standard input"), endpoint)
        inputs = (line.rstrip("\n") for line in lines)
        first = next(inputs, None)
    if first is None:
        raise SeqopsError("no input. Pass it as an argument, with --file, or on standard input.")
    return chain([first], inputs)


def _divided(file: Path, endpoint: Endpoint) -> Iterable[str]:
    """Return the inputs of a file. Raises DataError that names the file if it cannot be divided."""
    try:
        return endpoint.inputs_of(_lines(file, endpoint))
    except DataError as error:
        raise DataError.placed(file, error.line, error.fault) from None


def _lines(file: Path, endpoint: Endpoint) -> Iterator[str]:
    packed = file.is_file() and is_archive(file)  # what is read once of a pipe is gone
    with opened_only_file(file, MAX_UNPACKED) if packed else _opened(file) as content:
        if not content.peek(1):
            what = "is empty" if file.is_file() else "is empty, or a pipe that no program writes to"
            raise DataError.at(file, None, what, "Write the inputs to it, or name another file.")
        require_text(file, content.peek(BEGINNING)[:BEGINNING])
        yield from _decoded(content, file, endpoint)


@contextmanager
def _opened(file: Path) -> Iterator[io.BufferedReader]:
    """Open a file, or a pipe without waiting for a program that writes to it."""
    if file.is_socket() or file.is_block_device():
        raise DataError.at(file, None, "is not a file", "Name a file.")
    with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as content:
        os.set_blocking(content.fileno(), True)
        yield content


def _decoded(content: IO[bytes], name: Path, endpoint: Endpoint) -> Iterator[str]:
    try:
        yield from endpoint.requests.lines(io.TextIOWrapper(content, "utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise DataError.at(name, None, f"not UTF-8 ({error.reason})", "Save it as UTF-8.") from None
