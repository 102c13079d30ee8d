"""`seqops predict`: predictions for raw input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from seqops.cli.answering import print_unknown, running_version
from seqops.cli.answers_file import FORMATS, Records
from seqops.cli.options import Debug, Model, OneTask
from seqops.core.errors import ConfigError, DataError, SeqopsError
from seqops.core.files import atomic_write
from seqops.core.interfaces import Endpoint
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, exit_on_error, out

if TYPE_CHECKING:
    from seqops.registry.version_process import VersionProcess


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
        batches = endpoint.requests.batches(_inputs(inputs or [], file, endpoint.inputs_of))
        batches = chain([next(batches)], batches)  # invalid input is refused before a model is loaded
        size = None if file is None or (output is None and sys.stdout.isatty()) else file.stat().st_size
        with running_version(task, alias, model) as version, progress(size, batches) as shown:
            unknown: dict[str, None] = {}
            answers = _predictions(version, _noting_unknown(version, shown, unknown), endpoint, horizon)
            if output is None:
                _print(answers, as_json)
            else:
                with atomic_write(output) as temporary, FORMATS[output.suffix](temporary, endpoint) as write:
                    for first, records in answers:
                        write(first, records)
            print_unknown(unknown)


def _noting_unknown(
    version: VersionProcess, batches: Iterable[list[str]], unknown: dict[str, None]
) -> Iterator[list[str]]:
    """Yield requests, and collect the words of each that the version does not know, once it is answered."""
    for batch in batches:
        yield batch
        unknown.update(dict.fromkeys(version.unknown_words(batch)))


def _print(answers: Iterable[tuple[int, Records]], as_json: bool) -> None:
    for _, records in answers:
        for record in records:
            text = json.dumps(record, ensure_ascii=False)
            out.print(text, highlight=not as_json, markup=False) if as_json else out.print_json(text)


def _predictions(
    version: VersionProcess, batches: Iterable[list[str]], endpoint: Endpoint, horizon: int | None
) -> Iterator[tuple[int, Records]]:
    """Yield the number of the first input, and the records, of one request after the other."""
    first = 1
    for batch in batches:
        try:
            records = version.predict(batch)
        except DataError as error:
            if first == 1:
                raise
            raise DataError(f"of the inputs from {first:,} on: {error}") from None
        yield first, records if horizon is None else endpoint.first_steps(records, horizon)
        first += len(batch)


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


def _inputs(
    given: list[str], file: Path | None, inputs_of: Callable[[Iterable[str]], Iterable[str]]
) -> Iterator[str]:
    """Return the inputs one by one. Raises SeqopsError if there are none."""
    inputs = iter(given) if file is None else chain(given, inputs_of(_lines(file)))
    first = next(inputs, None)
    if first is None and file is None and not sys.stdin.isatty():
        inputs = (line.rstrip("\n") for line in sys.stdin)
        first = next(inputs, None)
    if first is None:
        raise SeqopsError("no input. Pass it as an argument, with --file, or on standard input.")
    return chain([first], inputs)


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from lines
    except UnicodeDecodeError as error:
        raise DataError.at(file, None, f"not UTF-8 ({error.reason})", "Save it as UTF-8.") from None
