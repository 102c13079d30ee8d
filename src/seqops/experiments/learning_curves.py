"""Learning curves of presets: validation score against training time, as a table and as plots."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.figure import Figure

from seqops.experiments.results_file import PresetResult, RunResult

COLUMNS = ["task", "preset", "settings", "data", "goal", "epoch", "seconds", "validation"]
N_COLUMNS = 2  # panels in a row


def curves(rows: Sequence[PresetResult]) -> pd.DataFrame:
    """Return one line per epoch of every run."""
    return pd.DataFrame(
        [line for row in rows for run in row.runs for line in _lines(row, run)], columns=COLUMNS
    )


def _lines(row: PresetResult, run: RunResult) -> Iterator[tuple[str | int | float, ...]]:
    for point in run.curve:
        yield (
            row.task,
            row.preset,
            row.settings,
            run.data,
            run.scores[0].name,
            point.epoch,
            point.seconds,
            point.validation,
        )


def picture(lines: pd.DataFrame) -> bytes:
    """Draw the curves of one task as a PNG: one panel per dataset, one line per preset."""
    panels = list(lines.groupby("data", sort=True))
    n_rows = -(-len(panels) // N_COLUMNS)
    figure = Figure(figsize=(5.5 * min(len(panels), N_COLUMNS), 3.6 * n_rows), dpi=110, layout="constrained")
    for i, (data, group) in enumerate(panels):
        axes = figure.add_subplot(n_rows, min(len(panels), N_COLUMNS), i + 1)
        for preset, line in group.groupby("preset", sort=True):
            axes.plot(line["seconds"], line["validation"], marker=".", label=preset)
        axes.set(xlabel="seconds of training", ylabel=f"{group['goal'].iloc[0]}, validation", title=data)
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
