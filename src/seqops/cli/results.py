"""`seqops results`: what each task came to, and the page of all presets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from seqops import presets
from seqops.blocks.markdown import number
from seqops.cli.options import Debug, Tasks
from seqops.console import out, plainly
from seqops.contract import SeqopsError
from seqops.masking import masked
from seqops.params import Params
from seqops.store import Store, read_json, sha256_of_json

Page = Annotated[
    Path | None,
    typer.Option(
        help="Write the recorded results of all presets to this file, and their curves beside it, instead."
    ),
]


def results(tasks: Tasks = None, document: Page = None, debug: Debug = False) -> None:
    """Show each task's score with its interval, its best baseline, the verdict, and who is champion."""
    with plainly(debug):
        store = Store.find()
        params = Params.load(store.params)
        names = tasks or params.names
        if document:
            _document(document, store, params, names)
            return
        table, reasons = _results(store, params, names)
        out.print(table)
        for name, reason in reasons.items():
            out.print(f"[bold]{name}[/]: {escape(reason)}", highlight=False)
        out.print("Compare runs: [bold]make ui[/], then open http://127.0.0.1:5000")
        out.print("Run on the published data: [bold]make real[/]")


def _document(path: Path, store: Store, params: Params, tasks: list[str]) -> None:
    from seqops.blocks import track
    from seqops.blocks.records import Row, latest
    from seqops.blocks.results_page import write

    def rows() -> Iterator[Row]:
        client = track.connect(store)
        every = [presets.Preset.read(store, name) for name in presets.names(store)]
        for task in tasks:
            for preset in every:
                if task in preset.tasks:
                    logged = track.logged(preset.task(task))
                    settings = sha256_of_json(logged)[:8]
                    yield Row(preset.path.stem, task, settings, latest(client, task, logged))

    found = list(rows())
    if not any(row.record for row in found):
        example = f" Make one: {found[0].command}." if found else ""
        uri = masked(track.store_uri(store))
        raise SeqopsError(f"{uri} holds no finished and evaluated run of a preset.{example}")
    write(path, found, params.registry.alpha)


def _results(store: Store, params: Params, tasks: list[str]) -> tuple[Table, dict[str, str]]:
    from seqops.blocks import registry, track
    from seqops.blocks.evaluation import best_baseline

    client, reasons = track.connect(store), {}
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
            f"{metrics['goal']} {number(score['value'])}",
            f"{number(score['low'])} to {number(score['high'])}",
            f"{rival} {number(value)}",
            standing.words,
            f"{standing.seconds:.0f}",
        )
        reasons[name] = f"{metrics['verdict']} {standing.reason}"
    return table, reasons
