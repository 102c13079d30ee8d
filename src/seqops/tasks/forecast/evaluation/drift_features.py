"""Drift features of a series: its changes, free of level, growth and season."""

from __future__ import annotations

import numpy as np

from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Array, Ragged, Split
from seqops.tasks.forecast.data.scaling import Scale

DIGITS = 6
"""Decimals kept of scaled values; further ones are rounding noise."""


def drift_features(split: Split, meta: Meta) -> DriftFeatures:
    """Return features of the first step after each origin, per value column.

    `growth`: difference from one season before. Neighbouring origins share most of it, so those of one season
    form one ragged row. `surprise`: change of the growth in one step, free of level, growth and season, and
    nearly independent from step to step (Box and Jenkins 1976, section 9.2). Missing values are left out.
    """
    values, found = meta["values"], {}
    lag = min(meta["season"], meta["window"] - 1)
    latest = _latest_values(split, lag + 1, len(values))
    series = Scale.from_meta(meta, "values").forward(latest)  # (n, lag + 2, V)
    growth = series[:, -1] - series[:, -1 - lag]
    surprise = growth - (series[:, -2] - series[:, -2 - lag])
    starts = np.append(_season_starts(split.plain("series"), max(lag, 1)), len(growth))
    for i, name in enumerate(values):
        known = np.isfinite(growth[:, i])
        kept = np.append(0, np.cumsum(known))[starts]
        found[f"growth of {name}"] = Ragged(np.round(growth[known, i], DIGITS), kept)
        found[f"surprise of {name}"] = np.round(surprise[np.isfinite(surprise[:, i]), i], DIGITS)
    return found


def _season_starts(series: Array, season: int) -> Array:
    """Return the rows that begin a season of origins of one series; series: (n,), of consecutive rows."""
    first = np.flatnonzero(np.diff(series, prepend=-1))
    place = np.arange(len(series)) - np.repeat(first, np.diff(np.append(first, len(series))))
    return np.flatnonzero(place % season == 0)


def _latest_values(split: Split, rows: int, values: int) -> Array:
    """Return the last `rows` rows before each origin and the first value after it: (n, rows + 1, V)."""
    history = split.ragged("history")
    positions = history.ends[:, None] + np.arange(-rows, 0)
    past = history.values[positions][..., :values]
    return np.concatenate([past, split.stacked("targets")[:, :1]], axis=1)
