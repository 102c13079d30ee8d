"""The Markdown page of preset results, rendered from their JSON file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from seqops.core.files import write_bytes
from seqops.evaluation.formatting import bounds, estimate, number, table
from seqops.evaluation.seeds import mean_and_range
from seqops.experiments.learning_curves import curves, picture
from seqops.experiments.recorded_runs import ResultsRow
from seqops.experiments.results_file import (
    BaselineResult,
    PresetResult,
    Results,
    RunResult,
    ScoreResult,
    SeedsResult,
)

HEAD = (
    "preset",
    "data, test rows",
    "model",
    "scores, 95 % interval",
    "seeds",
    "best trivial baseline",
    "best classical baseline",
    "verdict",
    "seconds of training",
    "memory, MiB",
    "epochs",
    "settings",
    "command",
)
INTRODUCTION = """\
Written by `make results` from the runs in the tracking store. A row is the last finished and evaluated run
whose parameters are exactly those of `params.yaml` with the preset's values. The first score is the one
that tuning and promotion use; every score and baseline is on the same test rows. The verdict is two paired
tests on them, both one-sided at {alpha:g}: *beats* if the model is better, *loses to* if it is worse after
Holm's correction for the number of baselines, *ties* otherwise, and *undecided* where the rows have too few
independent units. After it stand the difference of the scores (positive: the model is better) and p: that
the model is better, or if it loses, that it is worse, as corrected. [Believing a number](believing.md) has
the methods; *not compared with* names a better classical baseline that only another row on the same test
rows had, as a later run or by its settings. All these figures are those of one fit; *seeds* says how much
the first score varies over several: mean, range, and 95 % interval over seeds and rows. MASE is in units of
the mean error of the seasonal naive forecast, on the training rows or, of many series, on all rows of each
before the test; the report and `signatures` have the value. Seconds, on two cores that other work may have
shared, and epochs are those of the first fit where a preset trains a second time (`fit.refit`); memory is
the most that the training stage took, TensorFlow included. Memory, differences and p are missing where a
row was measured before they were recorded. A model whose training did not improve on its initial weights,
by a test on the validation rows, says so. The settings are a hash of all parameters: a row whose run is not
in this store, because it ran elsewhere, is kept until the settings of its preset change, with the baselines
that there were. The plots show the goal score on the validation rows before training and at the end of
every epoch. [{record}]({record}) has all figures of this page and of the plots, [{points}]({points}) the
points of the plots as a table."""
FORMER = "†"
FORMER_NOTE = f"""\
{FORMER} Measured by an earlier release, on its splits and against its baselines, some of which have become
stronger since. Its intervals and tests did not hold their level and are left out: run the command again."""
GROWN = 0.01
"""Share of its score by which a baseline of the same name must be better elsewhere to be named."""
UNTESTED = "*not tested by this release*"
UNTRAINED = "*training did not improve on the initial model*"


def update(path: Path, rows: Sequence[ResultsRow], alpha: float) -> None:
    """Record the runs of these rows in the JSON file next to the page, and write the page from it.

    Equal runs give equal bytes. A row without a run keeps what the file has for its settings.
    """
    record = path.with_suffix(".json")
    former = Results.read(record) if record.is_file() else Results(alpha, ())
    former.updated(rows, alpha).write(record)
    write(path)


def write(path: Path) -> None:
    """Write the page, and next to it the learning curves as a CSV table and one plot per task."""
    record, points = path.with_suffix(".json"), path.with_name(f"{path.stem}-curves.csv")
    results = Results.read(record)
    lines, pictures = curves(results.rows), {}
    for task, of_task in lines.groupby("task", sort=False):
        pictures[str(task)] = f"{path.stem}-{task}.png"
        write_bytes(path.with_name(pictures[str(task)]), picture(of_task))
    write_bytes(points, lines.to_csv(index=False).encode("utf-8"))
    introduction = INTRODUCTION.format(alpha=results.alpha, record=record.name, points=points.name)
    write_bytes(path, _page(results, introduction, pictures).encode("utf-8"))


def _page(results: Results, introduction: str, pictures: Mapping[str, str]) -> str:
    parts = ["# Results of the presets", introduction]
    for task in dict.fromkeys(row.task for row in results.rows):
        rows = [row for row in results.rows if row.task == task]
        done = [_cells(row, run, rows) for row in rows for run in row.runs]
        not_run = ", ".join(f"`{row.command}`" for row in rows if not row.runs)
        former = FORMER_NOTE if any(_of_former_release(run) for row in rows for run in row.runs) else ""
        parts += [f"## {task}", table(HEAD, done), former, f"Not run: {not_run}." if not_run else ""]
        if task in pictures:
            parts.append(f"![{task}: validation scores against seconds of training]({pictures[task]})")
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(row: PresetResult, run: RunResult, of_task: Sequence[PresetResult]) -> list[str]:
    best, former = (run.trivial, run.classical), _of_former_release(run)
    verdict = [UNTESTED if former else _verdict(run, best), _stronger(run, of_task)]
    return [
        f"{row.preset} {FORMER}" if former else row.preset,
        f"{run.data}, {run.n_test}",
        run.model,
        "<br>".join(_score(score, former) for score in run.scores),
        _seeds(run.seeds),
        *(_score(baseline, former) for baseline in best),
        "<br>".join(filter(None, verdict)),
        "unknown" if run.seconds is None else f"{run.seconds:.0f}",
        "unknown" if run.memory is None else f"{run.memory:,}",
        "unknown" if run.epochs is None else str(run.epochs),
        row.settings,
        f"`{row.command}`",
    ]


def _verdict(run: RunResult, best: Sequence[BaselineResult | None]) -> str:
    outcomes = [_outcome(baseline) for baseline in best if baseline and baseline.outcome]
    return "<br>".join([UNTRAINED] * run.untrained + outcomes)


def _outcome(baseline: BaselineResult) -> str:
    others = "".join(f"; by {metric} {outcome} it" for metric, outcome in baseline.also.items())
    if baseline.difference is None or baseline.p is None:
        return f"{baseline.outcome} {baseline.name}{others}"
    return f"{baseline.outcome} {baseline.name} ({baseline.difference:+.4g}, p {baseline.p:.2g}){others}"


def _stronger(run: RunResult, of_task: Sequence[PresetResult]) -> str:
    """Name the best classical baseline that only later runs on the same test rows had; empty if none is.

    One of the same name counts if it was better there by more than the share `GROWN` of its score. A
    classical baseline is better than the trivial one, which tells whether lower scores are better.
    """
    ours, trivial = _value(run.classical), _value(run.trivial)
    if run.classical is None or ours is None or trivial is None:
        return ""
    sign, named, same = 1 if ours > trivial else -1, run.classical.name, (run.source, run.n_test)
    others = [(row, other) for row in of_task for other in row.runs if (other.source, other.n_test) == same]
    found = [
        (sign * (value - ours), f"{other.classical.name}, {number(value)} in {row.preset}")
        for row, other in others
        if other.classical
        and (value := _value(other.classical)) is not None
        and (other.classical.name != named or sign * (value - ours) > GROWN * abs(ours))
    ]
    lead, words = max(found, default=(0.0, ""))
    return f"*not compared with {words}*" if lead > 0 else ""


def _value(score: ScoreResult | None) -> float | None:
    return None if score is None else score.value


def _of_former_release(run: RunResult) -> bool:
    """Return whether a run was recorded without the number of independent units behind its scores."""
    return any(score.units is None for score in run.scores)


def _seeds(found: SeedsResult | None) -> str:
    if found is None:
        return "1 seed"
    return f"{len(found.seeds)} seeds: {mean_and_range(vars(found))} {bounds(vars(found))}"


def _score(score: ScoreResult | None, value_alone: bool = False) -> str:
    if score is None:
        return "none"
    return f"{score.name} {number(score.value) if value_alone else estimate(vars(score))}"
