"""Seasonal ARIMA: differences by tests, then the orders with the least AICc, in each series."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import accumulate, product

import numpy as np
import numpy.typing as npt

from seqops.tasks.forecast.model.local.arma import Fit, Order, fit
from seqops.tasks.forecast.model.local.differencing import difference, differences
from seqops.tasks.forecast.model.local.panel import Floats, LocalForecast, Panel, most_common

LONGEST_SEASON = 24
"""Longer seasons leave too few rows of a differenced series."""


def arima(panel: Panel) -> LocalForecast:
    """Forecast each series by its own model; say which were chosen most often."""
    season = panel.season if panel.season <= LONGEST_SEASON else 1
    lags = [differences(past, season) for past in panel.histories()]
    w = np.stack([_levels(panel.values[:, i], each)[-1] for i, each in enumerate(lags)], axis=1)
    tried = orders(season)
    fits = [fit(order, w, season) for order in tried]
    # a constant is a drift after one difference, and would be a parabola after two
    once = np.array([len(each) < 2 for each in lags])
    criteria = [
        np.where(once | (not order.constant), found.criterion, np.inf)
        for order, found in zip(tried, fits, strict=True)
    ]
    models = list(zip(np.argmin(criteria, axis=0).tolist(), lags, strict=True))
    found = LocalForecast.empty(len(lags), panel.horizon)
    for model in sorted(set(models)):
        columns = np.array([model == other for other in models])
        part = forecast(fits[model[0]], w, panel, columns, model[1], season)
        found.mean[columns], found.quantiles[columns] = part.mean, part.quantiles
    used = Counter(_name(tried[number], each, season) for number, each in models)
    return replace(found, settings=most_common(used))


def orders(season: int) -> list[Order]:
    """Return the orders that are tried."""
    ranges = [range(3), range(3), *[range(2 if season > 1 else 1)] * 2]
    return [Order(p, q, r, s, constant) for p, q, r, s in product(*ranges) for constant in (False, True)]


def forecast(
    found: Fit, w: Floats, panel: Panel, columns: npt.NDArray[np.bool_], lags: tuple[int, ...], season: int
) -> LocalForecast:
    """Forecast the series of a mask (n,), whose differences by the same lags are w (T, n)."""
    ar, ma = found.coefficients.take(columns).polynomials(season)
    mean = found.mean[columns]
    ahead = _ahead(np.nan_to_num(w[:, columns] - mean), found.errors[:, columns], ar, ma, panel.horizon)
    path = _integrated(ahead + mean, _levels(panel.values[:, columns], lags), lags)
    for lag in lags:
        ar = np.pad(ar, ((0, lag), (0, 0))) - np.pad(ar, ((lag, 0), (0, 0)))
    spread = np.sqrt(np.cumsum(_psi(ar, ma, panel.horizon) ** 2, axis=0))
    return LocalForecast.gaussian(path.T, (found.deviation[columns] * spread).T)


def _levels(values: Floats, lags: tuple[int, ...]) -> list[Floats]:
    """Return values (T, ...) and their differences, one lag after the other."""
    return list(accumulate(lags, difference, initial=values))


def _integrated(ahead: Floats, levels: list[Floats], lags: tuple[int, ...]) -> Floats:
    """Undo the differences of forecasts (H, n) by the last values of each level."""
    for level, lag in zip(levels[-2::-1], reversed(lags), strict=True):
        whole = np.concatenate([level[-lag:], ahead])
        for step in range(lag, len(whole)):
            whole[step] += whole[step - lag]
        ahead = whole[lag:]
    return ahead


def _ahead(centred: Floats, errors: Floats, ar: Floats, ma: Floats, horizon: int) -> Floats:
    """Continue series (T, n) without further errors: (H, n)."""
    known, lags = len(centred), max(len(ar), len(ma)) - 1
    before, ahead = ((lags, 0), (0, 0)), ((0, horizon), (0, 0))
    series, shocks = (np.pad(np.pad(x, before), ahead) for x in (centred, errors))
    for row in range(lags + known, lags + known + horizon):
        for lag, coefficient in enumerate(ar[1:], start=1):
            series[row] -= coefficient * series[row - lag]
        for lag, coefficient in enumerate(ma[1:], start=1):
            series[row] += coefficient * shocks[row - lag]
    return series[lags + known :]


def _psi(ar: Floats, ma: Floats, horizon: int) -> Floats:
    """Return the weights of past errors in the series: (H, n)."""
    first = np.ones((1, ar.shape[1]))
    return np.concatenate([first, _ahead(first, first, ar, ma, horizon - 1)])


def _name(order: Order, lags: tuple[int, ...], season: int) -> str:
    seasonal = f"({order.seasonal_p},{lags.count(season)},{order.seasonal_q}){season}" if season > 1 else ""
    return f"({order.p},{lags.count(1)},{order.q}){seasonal}{' with a constant' if order.constant else ''}"
