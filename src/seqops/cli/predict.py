"""`seqops predict`: predictions for raw input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqops.cli.answering import print_unknown, running_version
from seqops.cli.options import Debug, Model, OneTask
from seqops.core.errors import ConfigError, DataError, SeqopsError
from seqops.core.files import atomic_write
from seqops.core.interfaces import Endpoint
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error, out

if TYPE_CHECKING:
    import pandas as pd

    from seqops.registry.version_process import VersionProcess


TABLES: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
}
"""How a table of predictions is written, by the ending of the file."""


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
        Path | None, typer.Option(help="Write a table to this .csv or .parquet file instead of JSON.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON record per line.")] = False,
    debug: Debug = False,
) -> None:
    """Predict from raw input with the registered model of a task."""
    with exit_on_error(debug):
        if output is not None and output.suffix not in TABLES:
            raise ConfigError(f"--output: {output.name} must end in .csv or .parquet.")
        endpoint = Params.load(Project.find().params).task(task).endpoint
        given = _inputs(inputs or [], file, lambda text: endpoint().inputs_of(text))
        batches = endpoint().requests.batches(given)
        with running_version(task, alias, model) as version:
            records = _predictions(version, batches, endpoint(), horizon)
            if output is not None:
                with atomic_write(output) as temporary:
                    TABLES[output.suffix](endpoint().to_table(list(records)), temporary)
            for record in records:
                text = json.dumps(record, ensure_ascii=False)
                out.print(text, highlight=not as_json, markup=False) if as_json else out.print_json(text)
            print_unknown(word for batch in batches for word in version.unknown_words(batch))


def _predictions(
    version: VersionProcess, batches: Sequence[list[str]], endpoint: Endpoint, horizon: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the records of one request after the other."""
    first = 1
    for batch in batches:
        try:
            records = version.predict(batch)
        except DataError as error:
            if len(batches) == 1:
                raise
            raise DataError(f"of the inputs from {first:,} on: {error}") from None
        yield from records if horizon is None else endpoint.first_steps(records, horizon)
        first += len(batch)


def _inputs(given: list[str], file: Path | None, inputs_of: Callable[[str], list[str]]) -> list[str]:
    if file is not None:
        try:
            given = [*given, *inputs_of(file.read_text("utf-8-sig"))]
        except UnicodeDecodeError as error:
            raise DataError.at(file, None, f"not UTF-8 ({error.reason})", "Save it as UTF-8.") from None
    if not given and not sys.stdin.isatty():
        given = [line.rstrip("\n") for line in sys.stdin]
    if not given:
        raise SeqopsError("no input. Pass it as an argument, with --file, or on standard input.")
    return given
