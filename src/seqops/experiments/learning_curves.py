"""Learning curves of presets: validation score against training time, as a table and as plots."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from seqops.experiments.recorded_runs import RecordedRun, ResultsRow

WORDS, NUMBERS = ["task", "preset", "settings", "source", "goal"], ["epoch", "seconds", "validation"]
N_COLUMNS = 2  # panels in a row


def read(path: Path) -> pd.DataFrame:
    """Read the curves that an earlier call wrote; empty if the file is missing."""
    if not path.is_file():
        return pd.DataFrame(columns=WORDS + NUMBERS)
    return pd.read_csv(path, dtype=dict.fromkeys(WORDS, str))


def curves(rows: Sequence[ResultsRow], former: pd.DataFrame) -> pd.DataFrame:
    """Return one line per epoch of every run; former: the previous lines, kept for rows without a run."""
    kept = dict(iter(former.groupby(["task", "preset", "settings"])))
    found = [
        pd.DataFrame(_lines(row, row.run), columns=WORDS + NUMBERS)
        if row.run
        else kept.get((row.task, row.preset, row.settings), former.head(0))
        for row in rows
    ]
    # empty frames are left out, because their columns have no type
    return pd.concat([lines for lines in found if len(lines)] or [former.head(0)], ignore_index=True)


def _lines(row: ResultsRow, run: RecordedRun) -> Iterator[tuple[str | int | float, ...]]:
    for point in run.curve:
        yield (
            row.task,
            row.preset,
            row.settings,
            run.metrics["source"],
            run.metrics["goal"],
            point.epoch,
            round(point.seconds, 1),
            float(f"{point.validation:.4g}"),
        )


def picture(lines: pd.DataFrame) -> bytes:
    """Draw the curves of one task as a PNG: one panel per source, one line per preset."""
    panels = list(lines.groupby("source", sort=True))
    n_rows = -(-len(panels) // N_COLUMNS)
    figure = Figure(figsize=(5.5 * min(len(panels), N_COLUMNS), 3.6 * n_rows), dpi=110, layout="constrained")
    for i, (source, group) in enumerate(panels):
        axes = figure.add_subplot(n_rows, min(len(panels), N_COLUMNS), i + 1)
        for preset, line in group.groupby("preset", sort=True):
            axes.plot(line["seconds"], line["validation"], marker=".", label=preset)
        axes.set(xlabel="seconds of training", ylabel=f"{group['goal'].iloc[0]}, validation", title=source)
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
