"""Means of each place in a long season."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster

SHARES = (0.0, 1 / 48, 1 / 12)
"""Half widths of the mean, in seasons, that are tried."""


def climatology(past: Floats, horizon: int, season: float, half_width: float) -> Floats:
    """Forecast the mean of the past values near the same place in the season: (H,).

    season: in rows, perhaps fractional; half_width: in rows; at least the nearest row of each season counts.
    """
    places = np.arange(len(past)) % season
    found = np.empty(horizon)
    for step in range(horizon):
        distance = np.abs(places - (len(past) + step) % season)
        distance = np.minimum(distance, season - distance)
        found[step] = past[distance <= max(half_width, 0.5)].mean()
    return found


def candidates(season: float) -> list[Candidate]:
    """Return the means of single rows and of wider parts of the season; two seasons must be known."""
    rows, widths = int(2 * season), sorted({round(share * season) for share in SHARES})
    return [
        Candidate(f"means over {2 * width + 1} rows in a season of {season:g}", _fit(season, width), rows)
        for width in widths
    ]


def _fit(season: float, half_width: int) -> Callable[[Floats, int], Forecaster]:
    def fit(past: Floats, horizon: int) -> Forecaster:
        return lambda new: climatology(np.concatenate([past, new]), horizon, season, half_width)

    return fit
