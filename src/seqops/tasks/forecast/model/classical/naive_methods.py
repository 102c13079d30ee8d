"""Forecasts that nothing is fitted for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster


def naive(past: Floats, horizon: int) -> Floats:
    """Repeat the last value."""
    return np.full(horizon, past[-1])


def seasonal_naive(past: Floats, horizon: int, season: int) -> Floats:
    """Repeat the last season (the last value if there is no whole season)."""
    return np.resize(past[-season:], horizon) if len(past) >= season else naive(past, horizon)


def drift(past: Floats, horizon: int) -> Floats:
    """Extend the line through the first and the last value."""
    return np.asarray(past[-1] + np.arange(1.0, horizon + 1) * _slope(past), np.float64)


def drift_seasonal(past: Floats, horizon: int, season: int) -> Floats:
    """Repeat the last season plus the drift over the seasons since."""
    seasons = np.ceil(np.arange(1.0, horizon + 1) / season)
    return np.asarray(seasonal_naive(past, horizon, season) + seasons * season * _slope(past), np.float64)


def unfitted(forecast: Callable[[Floats, int], Floats]) -> list[Candidate]:
    """Return the only candidate of a method that has no settings."""

    def fit(past: Floats, horizon: int) -> Forecaster:
        return lambda new: forecast(np.concatenate([past, new]), horizon)

    return [Candidate("", fit)]


def _slope(past: Floats) -> float:
    return float(past[-1] - past[0]) / max(1, len(past) - 1)
