"""Repeated or extended last values, with the intervals of Hyndman and Athanasopoulos 2021, 5.5."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.model.local.panel import Floats, LocalForecast, Panel
from seqops.tasks.forecast.model.local.seasonal_adjustment import adjusted


def naive(panel: Panel) -> LocalForecast:
    """Repeat the last value; the variance grows like that of a random walk."""
    return _from_season(panel, 1)


def seasonal_naive(panel: Panel) -> LocalForecast:
    """Repeat the last season; a history of no more than one season repeats its last value."""
    found, last = _from_season(panel, panel.season), _from_season(panel, 1)
    short = panel.lengths <= panel.season
    return LocalForecast(
        np.where(short[:, None], last.mean, found.mean),
        np.where(short[:, None, None], last.quantiles, found.quantiles),
    )


def drift(panel: Panel) -> LocalForecast:
    """Extend the line through the first and the last value."""
    steps = np.arange(1.0, panel.horizon + 1)
    changes = np.maximum(panel.lengths - 1, 1)[:, None]
    first = panel.values[panel.start, np.arange(len(panel.start))][:, None]
    last = panel.values[-1][:, None]
    slope = (last - first) / changes
    rest = np.diff(panel.values, axis=0) - slope[:, 0]
    deviation = np.sqrt(np.nansum(rest**2, axis=0)[:, None] / np.maximum(changes - 1, 1))
    return LocalForecast.gaussian(last + steps * slope, deviation * np.sqrt(steps * (1 + steps / changes)))


def naive2(panel: Panel) -> LocalForecast:
    """Repeat the last seasonally adjusted value, times the season (Makridakis and Hibon 2000)."""
    values, ahead = adjusted(panel)
    return naive(values).scaled(ahead)


def _from_season(panel: Panel, season: int) -> LocalForecast:
    """Repeat the last `season` values; a history without an error has the deviation 0."""
    ahead = np.arange(panel.horizon)
    errors = panel.values[season:] - panel.values[:-season]
    known = np.isfinite(errors)
    variance = np.where(known, errors, 0.0) ** 2
    deviation = np.sqrt(variance.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    mean: Floats = panel.values[len(panel.values) - season :].T[:, ahead % season]
    return LocalForecast.gaussian(mean, deviation[:, None] * np.sqrt(1 + ahead // season))
