"""The theta method as in the M3 competition (Assimakopoulos and Nikolopoulos 2000)."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.model.local.ets import FORMS, fit
from seqops.tasks.forecast.model.local.panel import Floats, LocalForecast, Panel
from seqops.tasks.forecast.model.local.seasonal_adjustment import adjusted

SIMPLE = next(form for form in FORMS if form.name == "ETS(A,N,N)")


def theta(panel: Panel) -> LocalForecast:
    """Average the regression line of the adjusted series and the smoothed line of twice its curvature.

    Its variance is that of simple exponential smoothing with drift, which it is (Hyndman and Billah 2003).
    """
    series, ahead = adjusted(panel)
    intercept, slope = _lines(series)
    rows = np.arange(len(series.values) + panel.horizon)[:, None]
    line = intercept + slope * rows
    past = line[: len(series.values)]
    smoothed = fit(SIMPLE, series.replaced(2 * series.values - past))
    steps = np.arange(1.0, panel.horizon + 1)
    mean = (line[len(past) :].T + smoothed.states.level[:, None]) / 2
    # the forecast is the mean of both lines, so its error is half of that of the second one
    growth = np.sqrt(1 + (steps - 1) * smoothed.smoothing.alpha[:, None] ** 2)
    return LocalForecast.gaussian(mean, smoothed.deviation[:, None] / 2 * growth).scaled(ahead)


def _lines(panel: Panel) -> tuple[Floats, Floats]:
    """Return intercept and slope of the regression of each series on the number of its row: (n,)."""
    rows = np.where(np.isfinite(panel.values), np.arange(len(panel.values))[:, None], np.nan)
    x = rows - np.nanmean(rows, axis=0)
    y = panel.values - np.nanmean(panel.values, axis=0)
    slope = np.nansum(x * y, axis=0) / np.maximum(np.nansum(x * x, axis=0), 1)
    return np.nanmean(panel.values, axis=0) - slope * np.nanmean(rows, axis=0), slope
