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
    latest = _latest_values(split, meta["window"], len(values))
    series = Scale.from_meta(meta, "values").forward(latest)  # (n, W + 1, V)
    lag = min(meta["season"], meta["window"] - 1)
    growth = series[:, -1] - series[:, -1 - lag]
    surprise = growth - (series[:, -2] - series[:, -2 - lag])
    starts = np.append(np.arange(0, len(growth), max(lag, 1)), len(growth))
    for i, name in enumerate(values):
        known = np.isfinite(growth[:, i])
        kept = np.append(0, np.cumsum(known))[starts]
        found[f"growth of {name}"] = Ragged(np.round(growth[known, i], DIGITS), kept)
        found[f"surprise of {name}"] = np.round(surprise[np.isfinite(surprise[:, i]), i], DIGITS)
    return found


def _latest_values(split: Split, window: int, values: int) -> Array:
    """Return the window before each origin and the first value after it: (n, W + 1, V)."""
    history = split.ragged("history")
    positions = history.offsets[1:, None] + np.arange(-window, 0)
    past = history.values[positions][..., :values]
    return np.concatenate([past, split.plain("targets")[:, :1]], axis=1)
