"""How often a series is differenced before an ARMA model is fitted (Hyndman and Khandakar 2008)."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.model.local.panel import Floats

KPSS_5 = 0.463
"""The 5 % point of the statistic of Kwiatkowski, Phillips, Schmidt and Shin (1992), table 1."""
STRENGTH = 0.64
"""Seasonal strength from which a seasonal difference is taken (Wang, Smith and Hyndman 2006; R forecast)."""
MOST = 2


def kpss(x: Floats) -> float:
    """Return the statistic of level stationarity of a series (T,), with 3 sqrt(T) / 13 lags."""
    n = len(x)
    e = x - x.mean()
    lags = int(3 * np.sqrt(n) / 13)
    variance = e @ e / n
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (e[lag:] @ e[:-lag]) / n
    return float(np.square(np.cumsum(e)).sum() / n**2 / variance) if variance > 0 else 0.0


def seasonal_strength(past: Floats, season: int) -> float:
    """Return 1 less the share of the remainder in the variance of season and remainder, by STL."""
    from statsmodels.tsa.seasonal import STL

    # 11: the seasonal window of R's mstl
    parts = STL(past, period=season, seasonal=11).fit()
    total = np.var(parts.seasonal + parts.resid)
    return max(0.0, float(1 - np.var(parts.resid) / total)) if total > 0 else 0.0


def difference(values: Floats, lag: int) -> Floats:
    """Return the changes of values (T, ...) over `lag` rows, NaN in the first ones."""
    changes = np.full_like(values, np.nan)
    changes[lag:] = values[lag:] - values[:-lag]
    return changes


def differences(past: Floats, season: int) -> tuple[int, ...]:
    """Return the lags of the differences that a history (T,) needs, that of the season first."""
    seasonal = season > 1 and len(past) >= 3 * season and seasonal_strength(past, season) > STRENGTH
    lags = (season,) if seasonal else ()
    x = past[season:] - past[:-season] if seasonal else past
    while lags.count(1) < MOST and np.ptp(x) > 0 and kpss(x) > KPSS_5:
        lags, x = (*lags, 1), np.diff(x)
    return lags
