"""Learning curves of the report: training loss and validation score by epoch, drawn in the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from seqops.core.callbacks import GOAL
from seqops.evaluation.formatting import number
from seqops.metrics.training_gain import TrainingGain


@dataclass(frozen=True)
class Panel:
    """One curve in a square of 100 by 100, the origin at the top left, and its points in words.

    line: `x,y` of each epoch; best: that of the epoch whose weights are kept, None if the curve lacks it.
    """

    title: str
    line: str
    best: str | None
    summary: str


def panels(history: Path, training: TrainingGain) -> list[Panel]:
    """Return the curves of history.csv; none for a curve of fewer than two epochs."""
    epochs = pd.read_csv(history)
    epochs = epochs[epochs["objective"] == GOAL]
    titles = {"loss": "training loss", "validation": f"validation {training.metric}"}
    curves = {
        title: epochs[np.isfinite(epochs[column])][["epoch", column]] for column, title in titles.items()
    }
    return [
        _panel(title, [*curve.itertuples(index=False, name=None)], training.best_epoch)
        for title, curve in curves.items()
        if len(curve) > 1
    ]


def _panel(title: str, points: Sequence[tuple[float, float]], best_epoch: int | None) -> Panel:
    epochs, values = zip(*points, strict=True)
    lowest, highest = min(values), max(values)

    def place(epoch: float, value: float) -> str:
        x = (epoch - epochs[0]) / (epochs[-1] - epochs[0])
        y = (highest - value) / (highest - lowest) if highest > lowest else 0.5
        return f"{100 * x:.1f},{100 * y:.1f}"

    best = next((point for point in points if point[0] == best_epoch), None)
    ends = [points[0], *([best] if best else []), points[-1]]
    told = ", ".join(
        f"{number(value)} {'kept from' if epoch == best_epoch else 'at'} epoch {epoch:.0f}"
        for epoch, value in dict.fromkeys(ends)
    )
    line = " ".join(place(*point) for point in points)
    return Panel(title, line, place(*best) if best else None, f"{title}: {told}")
