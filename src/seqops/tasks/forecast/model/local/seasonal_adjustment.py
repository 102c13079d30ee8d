"""The seasonal adjustment of the M competitions: a test, then classical multiplicative decomposition."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.data.seasonality import NORMAL_90
from seqops.tasks.forecast.model.local.panel import Floats, Panel


def is_seasonal(past: Floats, season: int) -> bool:
    """Test the autocorrelation at the season's lag at 90 %, with three seasons or more.

    The limit is Bartlett's (Makridakis, Spiliotis and Assimakopoulos 2020, appendix A).
    """
    if season < 2 or len(past) < 3 * season or np.ptp(past) == 0:
        return False
    x = past - past.mean()
    r = np.array([x[lag:] @ x[:-lag] for lag in range(1, season + 1)]) / (x @ x)
    limit = NORMAL_90 * np.sqrt((1 + 2 * np.square(r[:-1]).sum()) / len(x))
    return bool(abs(r[-1]) > limit)


def centred_average(past: Floats, season: int) -> Floats:
    """Return the centred moving average over one season: (T - 2 * (season // 2),)."""
    weights = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    return np.convolve(past, weights / season, "valid")


def seasonal_indices(past: Floats, season: int, multiplicative: bool = True) -> Floats:
    """Return the index of each place in the season, by the row modulo the season: (season,).

    Multiplicative ones have the mean 1, additive ones 0. The history has two seasons or more.
    """
    half = season // 2
    average = centred_average(past, season)
    middle = past[half : half + len(average)]
    detrended = middle / average if multiplicative else middle - average
    place = (half + np.arange(len(middle))) % season
    means = np.bincount(place, detrended, season) / np.bincount(place, minlength=season)
    return np.asarray(means / means.mean() if multiplicative else means - means.mean(), np.float64)


def adjusted(panel: Panel) -> tuple[Panel, Floats]:
    """Divide the series that show a season by its indices; return those of the forecast too: (n, H).

    They are 1 for a series without a season, and for one with values of 0 or less, which has no ratios.
    """
    values, ahead = panel.values.copy(), np.ones((len(panel.start), panel.horizon))
    for column, past in enumerate(panel.histories()):
        if past.min() > 0 and is_seasonal(past, panel.season):
            indices = seasonal_indices(past, panel.season)
            rows = np.arange(len(past) + panel.horizon) % panel.season
            values[panel.start[column] :, column] = past / indices[rows[: len(past)]]
            ahead[column] = indices[rows[len(past) :]]
    return panel.replaced(values), ahead
