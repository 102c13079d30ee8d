"""`seqops results`: what each task came to."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from seqops.cli.options import Debug, Tasks
from seqops.console import out, plainly
from seqops.params import Params
from seqops.store import Store, read_json


def results(tasks: Tasks = None, debug: Debug = False) -> None:
    """Show each task's score with its interval, its best baseline, the verdict, and who is champion."""
    with plainly(debug):
        store = Store.find()
        params = Params.load(store.params)
        names = tasks or params.names
        table, reasons = _results(store, params, names)
        out.print(table)
        for name, reason in reasons.items():
            out.print(f"[bold]{name}[/]: {escape(reason)}", highlight=False)
        out.print("Compare runs: [bold]make ui[/], then open http://127.0.0.1:5000")
        out.print("Run on the published data: [bold]make real[/]")


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
            f"{metrics['goal']} {_number(score['value'])}",
            f"{_number(score['low'])} to {_number(score['high'])}",
            f"{rival} {_number(value)}",
            standing.words,
            f"{standing.seconds:.0f}",
        )
        reasons[name] = f"{metrics['verdict']} {standing.reason}"
    return table, reasons


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
