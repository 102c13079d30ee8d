"""The `seqops` command: what a person does beside `dvc repro`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from seqops.console import out, plainly
from seqops.contract import BadData, SeqopsError
from seqops.params import Params, overrides
from seqops.store import Store, read_json

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Tasks = Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Only these tasks.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def predict(
    task: Annotated[str, typer.Argument(help="A task of params.yaml.")],
    inputs: Annotated[list[str] | None, typer.Argument(metavar="[INPUT]...", help="Raw inputs.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read inputs from a file, one a line.")] = None,
    alias: Annotated[str, typer.Option(help="Which registered version answers.")] = "champion",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON record a line.")] = False,
    debug: Debug = False,
) -> None:
    """Answer raw input with the registered model of a task."""
    with plainly(debug):
        records = _answers(task, _inputs(inputs or [], file), alias)
        for record in records:
            text = json.dumps(record, ensure_ascii=False)
            out.print(text, highlight=not as_json, markup=False) if as_json else out.print_json(text)


@app.command()
def results(tasks: Tasks = None, debug: Debug = False) -> None:
    """Show each task's score with its interval, its best baseline, the verdict and the version."""
    with plainly(debug):
        store = Store.find()
        params = Params.load(store.params)
        names = tasks or params.names
        out.print(_results(store, params, names))
        for name in names:
            out.print(f"[bold]{name}[/]: {read_json(store.folder(name).metrics)['verdict']}", highlight=False)
        out.print("Compare runs: [bold]make ui[/], then open http://127.0.0.1:5000")
        out.print("Run on the published data: [bold]make real[/]")


@app.command()
def doctor(debug: Debug = False) -> None:
    """Check the environment, folders, tracking store, mirror and data; say what to mend."""
    with plainly(debug):
        from seqops.doctor import examine

        findings = examine(Store.find())
        for finding in findings:
            mark = "[green]ok[/]     " if finding.ok else "[red]problem[/]"
            out.print(mark, f"[bold]{finding.name}[/]:", escape(finding.message))
        if not all(finding.ok for finding in findings):
            sys.exit(1)


@app.command()
def preset(
    name: Annotated[str, typer.Argument(help="A file of presets/.")],
    tasks: Tasks = None,
    debug: Debug = False,
) -> None:
    """Print a preset as options of `dvc exp run`: `dvc exp run $(seqops preset real)`."""
    with plainly(debug):
        typer.echo(" ".join(f"-S {option}" for option in overrides(Store.find(), name, tasks)))


@app.command()
def ui(port: int = 5000, debug: Debug = False) -> None:
    """Open the MLflow UI on this machine alone."""
    with plainly(debug):
        from seqops.blocks.track import store_uri

        command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        uri = ["--backend-store-uri", store_uri(Store.find())]
        sys.exit(subprocess.run([*command, *uri], env=environment, check=False).returncode)  # noqa: S603


def _inputs(given: list[str], file: Path | None) -> list[str]:
    if file is not None:
        try:
            given = [*given, *file.read_text("utf-8-sig").splitlines()]
        except UnicodeDecodeError as error:
            raise BadData.at(file, None, f"not UTF-8 ({error.reason})", "Save it as UTF-8.") from None
    if not given and not sys.stdin.isatty():
        given = [line.rstrip("\n") for line in sys.stdin]
    if not given:
        raise SeqopsError("there is no input. Give it as an argument, with --file, or on standard input.")
    return given


def _answers(task: str, inputs: list[str], alias: str) -> list[dict[str, Any]]:
    store = Store.find()
    configured = Params.load(store.params).task(task)
    from seqops.blocks import registry, track

    client = track.connect(store)
    name = configured.data.registered_name
    if registry.holder(client, name, alias) is None:
        raise SeqopsError(f"no version of {name} holds the alias {alias!r}. Run `dvc repro evaluate@{task}`.")
    answers: list[dict[str, Any]] = registry.load(name, alias).predict(inputs)
    return answers


def _results(store: Store, params: Params, tasks: list[str]) -> Table:
    from seqops.blocks import registry, track
    from seqops.blocks.evaluation import best_baseline

    client = track.connect(store)
    table = Table(title="Results on the test rows")
    for column in (
        "task",
        "source",
        "score",
        "95 % interval",
        "best baseline",
        "version",
        "seconds",
    ):
        table.add_column(column)
    for name in tasks:
        metrics = read_json(store.folder(name).metrics)
        score = metrics["model"][metrics["goal"]]
        rival, value = best_baseline(metrics)
        standing = registry.standing(client, params.task(name).data.registered_name)
        table.add_row(
            name,
            str(metrics["source"]),
            f"{metrics['goal']} {score['value']:.4g}",
            f"{score['low']:.4g} to {score['high']:.4g}",
            f"{rival} {value:.4g}",
            standing.words,
            f"{standing.seconds:.0f}",
        )
    return table
