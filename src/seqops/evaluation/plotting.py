"""Rendering of plots with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from seqops.core.files import atomic_directory
from seqops.core.records import Plot

MAX_ANNOTATED_COLUMNS = 8  # heatmaps with more columns have no room for a number in each cell


def draw(plot: Plot, path: Path) -> None:
    """Draw a plot as a PNG file; equal plots give equal bytes."""
    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    axes = figure.subplots()
    {"line": _line, "bar": _bar, "heatmap": _heatmap}[plot.kind](axes, plot)
    axes.set_title(plot.title)
    figure.savefig(path, format="png", metadata={"Software": None})


def _line(axes: Any, plot: Plot) -> None:
    if plot.band:
        low, high = (plot.table[c].astype(float) for c in plot.band)
        axes.fill_between(plot.table[plot.x], low, high, alpha=0.2, label=f"{plot.band[0]} to {plot.band[1]}")
    for column in plot.y:
        axes.plot(plot.table[plot.x], plot.table[column], label=column)
    axes.set_xlabel(plot.x)
    axes.legend()
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(12))


def _bar(axes: Any, plot: Plot) -> None:
    positions = np.arange(len(plot.table))
    width = 0.8 / len(plot.y)
    for i, column in enumerate(plot.y):
        axes.bar(positions + i * width, plot.table[column].astype(float), width, label=column)
    axes.set_xticks(positions + 0.4 - width / 2, plot.table[plot.x].astype(str), rotation=30, ha="right")
    if len(plot.y) == 1:
        axes.set_ylabel(plot.y[0])
    else:
        axes.figure.legend(loc="outside right upper")  # inside, it would hide bars


def _heatmap(axes: Any, plot: Plot) -> None:
    cells = plot.table[list(plot.y)].to_numpy(dtype=float)
    image = axes.imshow(cells, aspect="auto", cmap="Blues")
    axes.set_xticks(range(len(plot.y)), [str(y) for y in plot.y], rotation=45, ha="right")
    axes.set_yticks(range(len(plot.table)), plot.table[plot.x].astype(str))
    axes.figure.colorbar(image, ax=axes)
    if len(plot.y) <= MAX_ANNOTATED_COLUMNS:
        digits = 0 if np.equal(np.mod(cells, 1), 0).all() else 2
        for (row, column), value in np.ndenumerate(cells):
            dark = value > 0.6 * np.nanmax(cells)
            axes.text(
                column,
                row,
                f"{value:.{digits}f}",
                ha="center",
                va="center",
                color="white" if dark else "black",
            )


def write_plots(images: Path, data: Path, plots: Sequence[Plot]) -> None:
    """Write each plot as a PNG image, and its data as a CSV table to the other folder."""
    with atomic_directory(images) as pictures, atomic_directory(data) as tables:
        for plot in plots:
            draw(plot, pictures / f"{plot.name}.png")
            plot.table.to_csv(tables / f"{plot.name}.csv", index=False)
