"""Baseline forecasts without a network, refitted at every origin on the history before it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from seqops.core.interfaces import Baseline, Meta
from seqops.core.ragged import Split

Floats = npt.NDArray[np.float64]
LONGEST_SEASON = 24
"""Longer seasons have too many states to be refitted at every origin."""


@dataclass(frozen=True)
class ForecastContext:
    """Inputs of a method besides the history: steps to forecast, season, whether values are positive."""

    horizon: int
    season: int
    positive: bool

    @property
    def steps(self) -> Floats:
        """1, 2 ... horizon."""
        return np.arange(1, self.horizon + 1, dtype=np.float64)


def naive(past: Floats, context: ForecastContext) -> Floats:
    """Repeat the last value."""
    return np.full(context.horizon, past[-1])


def seasonal_naive(past: Floats, context: ForecastContext) -> Floats:
    """Repeat the last season (the last value if there is no whole season)."""
    return (
        np.resize(past[-context.season :], context.horizon)
        if len(past) >= context.season
        else naive(past, context)
    )


def drift(past: Floats, context: ForecastContext) -> Floats:
    """Extend the line through the first and the last value."""
    return np.asarray(past[-1] + context.steps * _slope(past), np.float64)


def drift_seasonal(past: Floats, context: ForecastContext) -> Floats:
    """Repeat the last season plus the drift over the seasons since."""
    seasons = np.ceil(context.steps / context.season)
    return seasonal_naive(past, context) + seasons * context.season * _slope(past)


def _slope(past: Floats) -> float:
    return float(past[-1] - past[0]) / max(1, len(past) - 1)


def ets(past: Floats, context: ForecastContext) -> Floats:
    """Fit Holt-Winters exponential smoothing; the season is multiplicative if values are positive."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    season = _season_of(past, context)
    kind = "mul" if context.positive else "add"
    model = ExponentialSmoothing(
        past, trend="add", seasonal=kind if season else None, seasonal_periods=season or None
    )
    return np.asarray(model.fit().forecast(context.horizon), np.float64)


def theta(past: Floats, context: ForecastContext) -> Floats:
    """Fit the theta method (Assimakopoulos and Nikolopoulos 2000)."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    season = context.season if 1 < context.season <= len(past) // 2 else 0
    method = "multiplicative" if context.positive else "additive"
    model = ThetaModel(past, period=season or None, deseasonalize=bool(season), method=method)
    return np.asarray(model.fit().forecast(context.horizon), np.float64)


def sarima(past: Floats, context: ForecastContext) -> Floats:
    """Fit Box and Jenkins' airline model, (0,1,1)(0,1,1), to logarithms if values are positive."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    season = _season_of(past, context)
    seasonal = (0, 1, 1, season) if season else (0, 0, 0, 0)
    order = (0, 1, 1) if season else (2, 1, 1)
    x = np.log(past) if context.positive else past
    found = SARIMAX(x, order=order, seasonal_order=seasonal).fit(disp=False)
    forecast = np.asarray(found.forecast(context.horizon), np.float64)
    return np.exp(forecast) if context.positive else forecast


def _season_of(past: Floats, context: ForecastContext) -> int:
    fits = 1 < context.season <= min(LONGEST_SEASON, len(past) // 3)
    return context.season if fits else 0


METHODS: dict[str, tuple[Literal["trivial", "classical"], Callable[[Floats, ForecastContext], Floats]]] = {
    "naive": ("trivial", naive),
    "seasonal-naive": ("trivial", seasonal_naive),
    "drift": ("trivial", drift),
    "drift+seasonal": ("classical", drift_seasonal),
    "ets": ("classical", ets),
    "theta": ("classical", theta),
    "sarima": ("classical", sarima),
}


def all_of(test: Split, meta: Meta) -> list[Baseline]:
    """Forecast every test row with every method, each value column by itself."""
    context = ForecastContext(meta["horizon"], meta["season"], meta["log"])
    history = test.ragged("history")
    found = []
    for name, (kind, method) in METHODS.items():
        # the matrices are too small for a second thread to help
        with _quiet(), threadpool_limits(1):
            cells = [_cell(history[i], len(meta["values"]), method, context) for i in range(len(test))]
        found.append(Baseline(name, kind, pd.DataFrame({"mean": cells})))
    return found


def _cell(
    past: npt.NDArray[np.float64],
    values: int,
    method: Callable[[Floats, ForecastContext], Floats],
    context: ForecastContext,
) -> list[float]:
    columns = [_finite(np.array(past[:, v], np.float64), method, context) for v in range(values)]
    return [float(x) for x in np.stack(columns, axis=-1).ravel()]


def _finite(
    past: Floats, method: Callable[[Floats, ForecastContext], Floats], context: ForecastContext
) -> Floats:
    """Forecast; fall back to the seasonal naive for a constant series and if a fit fails."""
    if np.ptp(past) == 0:
        return seasonal_naive(past, context)
    try:
        forecast = method(past, context)
    except (ValueError, np.linalg.LinAlgError):
        return seasonal_naive(past, context)
    return forecast if np.isfinite(forecast).all() else seasonal_naive(past, context)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
