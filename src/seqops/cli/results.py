"""`seqops results`: the results of all tasks, and the page of all presets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from seqops.cli.options import Debug, Tasks
from seqops.core.errors import SeqopsError
from seqops.core.files import read_json, sha256_of_json
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.core.renamed_keys import identity
from seqops.evaluation.formatting import bounds, number
from seqops.experiments import presets
from seqops.params import Params
from seqops.registry.names import registered_name
from seqops.runtime.console import exit_on_error, out

Page = Annotated[
    Path | None,
    typer.Option(
        help="Write the recorded results of all presets to this page, and next to it as JSON, with their "
        "learning curves."
    ),
]

HEAD = ("task", "source", "score", "95 % interval", "best baseline", "versions", "seconds")
WHOLE = ("task", "score", "95 % interval", "seconds")
"""The columns that are not folded."""
WIDTH = 100  # columns of the table
OTHER_DATA = "params.yaml names other data"

FormerOutput = Annotated[Path | None, typer.Option("--document", hidden=True)]


def results(
    tasks: Tasks = None, output: Page = None, former: FormerOutput = None, debug: Debug = False
) -> None:
    """Show the score of each task, its best baseline, the verdict, and the registered versions."""
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        names = [params.task(name).name for name in tasks or params.names]
        if page := output or former:
            if page.suffix == ".json":
                raise SeqopsError(f"--output {page}: the page is Markdown. Give {page.stem}.md.")
            _write_page(page, project, params, names)
            return
        done = [name for name in names if project.task_paths(name).evaluation.is_file()]
        table, reasons = _results(project, params, done or names)
        out.print(table, soft_wrap=False)
        for name, reason in reasons.items():
            out.print(f"[bold]{name}[/]: {escape(reason)}", highlight=False)
        if missing := [name for name in names if name not in done]:
            stages = " ".join(f"evaluate@{name}" for name in missing)
            out.print(f"Not evaluated: {', '.join(missing)}. Run `dvc repro {stages}`.", highlight=False)
        for what, how in _next_steps(project, done[0]).items():
            out.print(f"{what:<18}[bold]{escape(how)}[/]", highlight=False)


def _next_steps(project: Project, task: str) -> dict[str, str]:
    """Return what to do next and how, for one of the tasks."""
    report = project.task_paths(task).report.relative_to(project.root)
    return {
        "Read a report": f"{report}, in a browser",
        "Ask a model": f"seqops predict {task} INPUT",
        "Compare runs": "seqops ui, then open http://127.0.0.1:5000",
        "Use your own data": "seqops use FILE",
    }


def _write_page(path: Path, project: Project, params: Params, tasks: list[str]) -> None:
    from seqops.experiments.recorded_runs import ResultsRow, latest_run
    from seqops.experiments.results_page import update
    from seqops.tracking import connection, mlflow_runs, store_address

    def rows() -> Iterator[ResultsRow]:
        client = connection.connect(project)
        loaded = [presets.Preset.read(project, name) for name in presets.names(project)]
        for task in tasks:
            for preset in loaded:
                if task in preset.tasks:
                    logged = mlflow_runs.run_params(preset.task(task))
                    settings = sha256_of_json(identity(task, logged))[:8]
                    yield ResultsRow(preset.path.stem, task, settings, latest_run(client, task, logged))

    found = list(rows())
    if not any(row.run for row in found):
        example = f" Run one: `{found[0].command}`." if found else ""
        uri = redact(store_address.store_uri(project))
        raise SeqopsError(f"{uri} has no finished and evaluated run of a preset.{example}")
    update(path, found, params.registry.alpha)


def _results(project: Project, params: Params, tasks: list[str]) -> tuple[Table, dict[str, str]]:
    from seqops.evaluation.evaluate import best_baseline
    from seqops.registry import versions
    from seqops.registry.versions import RegistryStatus
    from seqops.tracking import connection, mlflow_runs

    client, reasons, rows = connection.connect(project), {}, []
    for name in tasks:
        metrics = read_json(project.task_paths(name).evaluation)
        score = metrics["model"][metrics["goal"]]
        baseline, value = best_baseline(metrics)
        task = params.task(name)
        status = versions.registry_status(client, registered_name(task))
        if metrics["source"] != mlflow_runs.source_of(task):
            status = RegistryStatus(f": {OTHER_DATA}", math.nan, "")
        rows.append(
            (
                name,
                str(metrics["source"]),
                f"{metrics['goal']} {number(score['value'])}",
                "none" if score["low"] is None else bounds(score),
                f"{baseline} {number(value)}",
                status.aliases.partition(": ")[2],
                "" if math.isnan(status.seconds) else f"{status.seconds:.0f}",
            )
        )
        reasons[name] = f"{metrics['verdict']} {status.reason}"
    return results_table(rows), reasons


def results_table(rows: Sequence[Sequence[str]]) -> Table:
    """Return a table of the columns `HEAD`, folded to a width of 100."""
    table = Table(title="Results on the test rows", width=WIDTH, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in HEAD:
        table.add_column(column, overflow="fold", no_wrap=column in WHOLE)
    for row in rows:
        table.add_row(*map(escape, row))
    return table
