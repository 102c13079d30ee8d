"""Initial states of exponential smoothing (Hyndman et al. 2008, section 2.6.1)."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.model.local.ets_states import Kind, States
from seqops.tasks.forecast.model.local.panel import Floats, Panel
from seqops.tasks.forecast.model.local.seasonal_adjustment import seasonal_indices


def initial_states(kind: Kind, panel: Panel) -> tuple[States, Floats]:
    """Return the states before the first row of each history, and the unit in which they are searched: (n,).

    A history of fewer than two seasons has no season, and one around 0 no ratios: its level is NaN.
    """
    n = len(panel.start)
    level, slope, scale = np.full(n, np.nan), np.zeros(n), np.ones(n)
    seasonal = np.zeros((panel.season if kind.season != "N" else 1, n))
    for column, (start, past) in enumerate(zip(panel.start, panel.histories(), strict=True)):
        first = past[: max(10, 2 * panel.season)]
        if kind.season != "N":
            if len(past) < 2 * panel.season:
                continue
            indices = seasonal_indices(past, panel.season, kind.season == "M")
            seasonal[(start + np.arange(panel.season)) % panel.season, column] = indices
            repeated = np.resize(indices, len(first))
            first = first / repeated if kind.season == "M" else first - repeated
        if not np.isfinite(first).all():
            continue
        line = np.polynomial.polynomial.polyfit(np.arange(1, len(first) + 1), first, min(1, len(first) - 1))
        level[column], slope[column] = line[0], line[1] if len(line) > 1 else 0.0
        scale[column] = first.std() or 1.0
        if kind.trend == "N":
            level[column] = first.mean()
    return States(level, slope, seasonal), scale
