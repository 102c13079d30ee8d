"""The results of presets as a Markdown page, from what the tracking store recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqops.blocks.evaluation import Evaluation, best_baseline
from seqops.blocks.markdown import bounds, number, table
from seqops.blocks.records import Record

HEAD = (
    "preset",
    "data, test rows",
    "model",
    "scores, 95 % interval",
    "best trivial baseline",
    "best classical baseline",
    "verdict",
    "seconds of training",
    "epochs",
    "settings",
    "command",
)
INTRODUCTION = """\
Written by `make results` from the runs in the tracking store. A row is the last finished and evaluated run
whose parameters are exactly those of `params.yaml` with the preset's values. The first score is the one
that tuning and promotion use; every score and baseline is on the same test rows. The verdict is a paired
bootstrap on them: *beats* at p < {alpha:g}, *loses to* where the whole 95 % interval of the difference is
below zero, *ties* otherwise. The settings are a hash of all parameters: a row that this store knows nothing
of, because its run was made elsewhere, stays until a preset of other settings bears its name."""
SHOWN = 3  # scores of a row: the goal's, and the first of the others


@dataclass(frozen=True)
class Row:
    """A preset of a task, a hash of its parameters, and its last run where there is one."""

    preset: str
    task: str
    settings: str
    record: Record | None

    @property
    def command(self) -> str:
        """The command that makes the run."""
        return f"`seqops run {self.preset} {self.task}`"


def page(rows: Sequence[Row], alpha: float, former: str = "") -> str:
    """Write the page: a table a task, in the order of the rows; equal records give equal bytes.

    former: the page until now, which speaks for presets without a record.
    """
    kept = _lines(former)
    parts = ["# Results of the presets", INTRODUCTION.format(alpha=alpha)]
    for task in dict.fromkeys(row.task for row in rows):
        those = [row for row in rows if row.task == task]
        lines = [
            _cells(row, row.record, alpha) if row.record else kept.get((row.settings, row.command))
            for row in those
        ]
        done = [line for line in lines if line]
        waiting = ", ".join(row.command for row, line in zip(those, lines, strict=True) if not line)
        parts += [f"## {task}", table(HEAD, done), f"Not run: {waiting}." if waiting else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(former: str) -> dict[tuple[str, str], list[str]]:
    """Return the lines of a page's tables by their settings and command."""
    lines = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in former.splitlines()]
    return {(cells[-2], cells[-1]): cells for cells in lines if len(cells) == len(HEAD)}


def _cells(row: Row, record: Record, alpha: float) -> list[str]:
    metrics = record.metrics
    rivals = {rival.name: rival.said(alpha) for rival in Evaluation.read(dict(metrics), alpha).rivals}
    best = [best_baseline(metrics, kind)[0] for kind in ("trivial", "classical")]
    return [
        row.preset,
        f"{metrics['source']}, {metrics['n_test']}",
        record.params.get("model.kind", ""),
        "<br>".join(_score(name, metrics["model"]) for name in _shown(record)),
        *(_score(name, {n: s[metrics["goal"]] for n, s in metrics["baselines"].items()}) for name in best),
        "<br>".join(f"{rivals[name]} {name}" for name in best if name in rivals),
        "unknown" if record.seconds is None else f"{record.seconds:.0f}",
        "unknown" if record.epochs is None else str(record.epochs),
        row.settings,
        row.command,
    ]


def _shown(record: Record) -> list[str]:
    goal = record.metrics["goal"]
    others = [name for name in record.metrics.get("order", record.metrics["model"]) if name != goal]
    return [goal, *others][:SHOWN]


def _score(name: str, scores: Mapping[str, Mapping[str, float | None]]) -> str:
    return f"{name} {number(scores[name]['value'])} {bounds(scores[name])}" if name in scores else "none"
