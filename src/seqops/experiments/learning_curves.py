"""How fast presets learn: validation scores against seconds of training, as a table and as pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from seqops.experiments.recorded_runs import RecordedRun, ResultsRow

WORDS, NUMBERS = ["task", "preset", "settings", "source", "goal"], ["epoch", "seconds", "validation"]
ACROSS = 2  # panels beside one another


def read(path: Path) -> pd.DataFrame:
    """Read the lines of an earlier call; none where there is no file."""
    if not path.is_file():
        return pd.DataFrame(columns=WORDS + NUMBERS)
    return pd.read_csv(path, dtype=dict.fromkeys(WORDS, str))


def curves(rows: Sequence[ResultsRow], former: pd.DataFrame) -> pd.DataFrame:
    """Return a line an epoch of every row's run; former: the lines until now, for rows without a record."""
    kept = dict(iter(former.groupby(["task", "preset", "settings"])))
    found = [
        pd.DataFrame(_recorded(row, row.run), columns=WORDS + NUMBERS)
        if row.run
        else kept.get((row.task, row.preset, row.settings), former.head(0))
        for row in rows
    ]
    # without the empty ones, whose columns have no type
    return pd.concat([lines for lines in found if len(lines)] or [former.head(0)], ignore_index=True)


def _recorded(row: ResultsRow, record: RecordedRun) -> Iterator[tuple[str | int | float, ...]]:
    for moment in record.curve:
        yield (
            row.task,
            row.preset,
            row.settings,
            record.metrics["source"],
            record.metrics["goal"],
            moment.epoch,
            round(moment.seconds, 1),
            float(f"{moment.validation:.4g}"),
        )


def picture(lines: pd.DataFrame) -> bytes:
    """Draw the curves of one task as a PNG: a panel a source, a line a preset."""
    panels = list(lines.groupby("source", sort=True))
    down = -(-len(panels) // ACROSS)
    figure = Figure(figsize=(5.5 * min(len(panels), ACROSS), 3.6 * down), dpi=110, layout="constrained")
    for place, (source, those) in enumerate(panels):
        axes = figure.add_subplot(down, min(len(panels), ACROSS), place + 1)
        for preset, line in those.groupby("preset", sort=True):
            axes.plot(line["seconds"], line["validation"], marker=".", label=preset)
        axes.set(xlabel="seconds of training", ylabel=f"{those['goal'].iloc[0]}, validation", title=source)
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.legend()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()
