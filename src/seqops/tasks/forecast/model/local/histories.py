"""The rows of a split as one panel of histories, and forecasts of the panel as rows."""

from __future__ import annotations

import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.model.classical.choice import without_gaps
from seqops.tasks.forecast.model.intervals import cells
from seqops.tasks.forecast.model.local.panel import Floats, Integers, Panel


def panel_of(split: Split, meta: Meta) -> tuple[Panel, Integers]:
    """Return the history of every row and value column without gaps: n x V, columns of a row together.

    Return with it the place of each series of the panel among these.
    """
    history = split.ragged("history")
    columns = range(len(meta["values"]))
    histories = [without_gaps(history[row][:, c]) for row in range(len(split)) for c in columns]
    return Panel.of(histories, meta["season"], meta["horizon"])


def by_row(path: Floats, columns: int) -> Floats:
    """Reshape (n x V, H, ...) to (n, H, V, ...)."""
    return path.reshape(-1, columns, *path.shape[1:]).swapaxes(1, 2)


def to_table(mean: Floats, quantiles: Floats) -> pd.DataFrame:
    """Return `mean` (n, H, V) and the quantiles (n, H, V, Q) as flat cells (H x V,)."""
    levels = {column(level): cells(quantiles[..., i]) for i, level in enumerate(LEVELS)}
    return pd.DataFrame({"mean": cells(mean), **levels})
