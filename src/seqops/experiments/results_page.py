"""The Markdown page of preset results, from the runs in the tracking store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from seqops.core.files import write_bytes
from seqops.evaluation.evaluate import EvaluationResult, best_baseline
from seqops.evaluation.formatting import bounds, number, table
from seqops.experiments.learning_curves import curves, picture, read
from seqops.experiments.recorded_runs import RecordedRun, ResultsRow

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
bootstrap on them: *beats* at p < {alpha:g}, *loses to* if the whole 95 % interval of the difference is
below zero, *ties* otherwise. The settings are a hash of all parameters: a row whose run is not in this store,
because it ran elsewhere, is kept until the settings of its preset change. The plots show the goal score on
the validation rows at the end of every epoch; [{curves}]({curves}) has their points."""
MAX_SCORES = 3  # scores in a row: the goal, and the first of the others


def write(path: Path, rows: Sequence[ResultsRow], alpha: float) -> None:
    """Write the page, and next to it the learning curves as a CSV table and one plot per task.

    Equal runs give equal bytes. A row without a run keeps what the previous files have for its settings.
    """
    former = path.read_text("utf-8") if path.is_file() else ""
    points = path.with_name(f"{path.stem}-curves.csv")
    lines = curves(rows, read(points))
    pictures = {}
    for task, of_task in lines.groupby("task", sort=False):
        pictures[str(task)] = f"{path.stem}-{task}.png"
        write_bytes(path.with_name(pictures[str(task)]), picture(of_task))
    write_bytes(points, lines.to_csv(index=False).encode("utf-8"))
    write_bytes(path, _page(rows, alpha, former, points.name, pictures).encode("utf-8"))


def _page(
    rows: Sequence[ResultsRow], alpha: float, former: str, points: str, pictures: Mapping[str, str]
) -> str:
    kept = _table_rows(former)
    parts = ["# Results of the presets", INTRODUCTION.format(alpha=alpha, curves=points)]
    for task in dict.fromkeys(row.task for row in rows):
        task_rows = [row for row in rows if row.task == task]
        lines = [
            _cells(row, row.run, alpha) if row.run else kept.get((row.settings, row.command))
            for row in task_rows
        ]
        done = [line for line in lines if line]
        not_run = ", ".join(row.command for row, line in zip(task_rows, lines, strict=True) if not line)
        parts += [f"## {task}", table(HEAD, done), f"Not run: {not_run}." if not_run else ""]
        if task in pictures:
            parts.append(f"![{task}: validation scores against seconds of training]({pictures[task]})")
    return "\n\n".join(part for part in parts if part) + "\n"


def _table_rows(former: str) -> dict[tuple[str, str], list[str]]:
    """Return the table rows of a page by settings and command."""
    lines = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in former.splitlines()]
    return {(cells[-2], cells[-1]): cells for cells in lines if len(cells) == len(HEAD)}


def _cells(row: ResultsRow, run: RecordedRun, alpha: float) -> list[str]:
    metrics = run.metrics
    outcomes = {
        comparison.name: comparison.summary(alpha)
        for comparison in EvaluationResult.read(dict(metrics), alpha).comparisons
    }
    best = [best_baseline(metrics, kind)[0] for kind in ("trivial", "classical")]
    return [
        row.preset,
        f"{metrics['source']}, {metrics['n_test']}",
        run.params.get("model.kind", ""),
        "<br>".join(_score(name, metrics["model"]) for name in _shown(run)),
        *(_score(name, {n: s[metrics["goal"]] for n, s in metrics["baselines"].items()}) for name in best),
        "<br>".join(f"{outcomes[name]} {name}" for name in best if name in outcomes),
        *_training_time(run),
        row.settings,
        row.command,
    ]


def _training_time(run: RecordedRun) -> tuple[str, str]:
    """Format the seconds and epochs of the whole training, including resumed parts."""
    if not run.curve:
        return "unknown", "unknown"
    return f"{run.curve[-1].seconds:.0f}", str(run.curve[-1].epoch)


def _shown(run: RecordedRun) -> list[str]:
    goal = run.metrics["goal"]
    others = [name for name in run.metrics.get("order", run.metrics["model"]) if name != goal]
    return [goal, *others][:MAX_SCORES]


def _score(name: str, scores: Mapping[str, Mapping[str, float | None]]) -> str:
    return f"{name} {number(scores[name]['value'])} {bounds(scores[name])}" if name in scores else "none"
