"""What is watched of a series: its changes, cleared of level, growth and season."""

from __future__ import annotations

import numpy as np

from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Array, Ragged, Split
from seqops.tasks.forecast.data.scaling import Scale

DIGITS = 6
"""Of scaled values; beyond them stands the noise of the arithmetic."""


def drift_features(split: Split, meta: Meta) -> DriftFeatures:
    """Watch the first step after each origin, a value column at a time.

    `growth`: since one season before. Neighbours share most of it, so the origins of one season stand
    together. `surprise`: how much the growth has changed in a step, which is free of level, growth and
    season, and nearly independent from step to step (Box and Jenkins 1976, section 9.2).
    """
    values, found = meta["values"], {}
    series = Scale.from_meta(meta, "values").forward(
        _ends(split, meta["window"], len(values))
    )  # (n, W + 1, V)
    lag = min(meta["season"], meta["window"] - 1)
    growth = series[:, -1] - series[:, -1 - lag]
    surprise = growth - (series[:, -2] - series[:, -2 - lag])
    starts = np.append(np.arange(0, len(growth), max(lag, 1)), len(growth))
    for place, name in enumerate(values):
        column = np.round(growth[:, place], DIGITS)
        found[f"growth of {name}"] = Ragged(column, starts)
        found[f"surprise of {name}"] = np.round(surprise[:, place], DIGITS)
    return found


def _ends(split: Split, window: int, values: int) -> Array:
    """Take the window before each origin and the first value after it: (n, W + 1, V)."""
    history = split.ragged("history")
    places = history.offsets[1:, None] + np.arange(-window, 0)
    past = history.values[places][..., :values]
    return np.concatenate([past, split.plain("targets")[:, :1]], axis=1)
