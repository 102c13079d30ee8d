"""Forecasts without a network, refitted at every origin on all that is known there."""

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
"""Seasons beyond this have too many states to be refitted at every origin."""


@dataclass(frozen=True)
class Ahead:
    """What a method is told beside the past: steps to forecast, season, whether values are positive."""

    horizon: int
    season: int
    positive: bool

    @property
    def steps(self) -> Floats:
        """1, 2 ... horizon."""
        return np.arange(1, self.horizon + 1, dtype=np.float64)


def naive(past: Floats, ahead: Ahead) -> Floats:
    """Repeat the last value."""
    return np.full(ahead.horizon, past[-1])


def seasonal_naive(past: Floats, ahead: Ahead) -> Floats:
    """Repeat the last season (the last value where there is no whole season)."""
    return (
        np.resize(past[-ahead.season :], ahead.horizon) if len(past) >= ahead.season else naive(past, ahead)
    )


def drift(past: Floats, ahead: Ahead) -> Floats:
    """Draw the line through the first and the last value onwards."""
    return np.asarray(past[-1] + ahead.steps * _slope(past), np.float64)


def drift_seasonal(past: Floats, ahead: Ahead) -> Floats:
    """Repeat the last season, raised by the drift of the seasons passed since."""
    seasons = np.ceil(ahead.steps / ahead.season)
    return seasonal_naive(past, ahead) + seasons * ahead.season * _slope(past)


def _slope(past: Floats) -> float:
    return float(past[-1] - past[0]) / max(1, len(past) - 1)


def ets(past: Floats, ahead: Ahead) -> Floats:
    """Smooth level, trend and season exponentially (Holt and Winters; seasons multiply positive values)."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    season = _season_of(past, ahead)
    kind = "mul" if ahead.positive else "add"
    model = ExponentialSmoothing(
        past, trend="add", seasonal=kind if season else None, seasonal_periods=season or None
    )
    return np.asarray(model.fit().forecast(ahead.horizon), np.float64)


def theta(past: Floats, ahead: Ahead) -> Floats:
    """Average a line and a smoothed double curvature (Assimakopoulos and Nikolopoulos 2000)."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    season = ahead.season if 1 < ahead.season <= len(past) // 2 else 0
    method = "multiplicative" if ahead.positive else "additive"
    model = ThetaModel(past, period=season or None, deseasonalize=bool(season), method=method)
    return np.asarray(model.fit().forecast(ahead.horizon), np.float64)


def sarima(past: Floats, ahead: Ahead) -> Floats:
    """Fit Box and Jenkins' airline model, (0,1,1)(0,1,1), to logarithms where values are positive."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    season = _season_of(past, ahead)
    seasonal = (0, 1, 1, season) if season else (0, 0, 0, 0)
    order = (0, 1, 1) if season else (2, 1, 1)
    x = np.log(past) if ahead.positive else past
    found = SARIMAX(x, order=order, seasonal_order=seasonal).fit(disp=False)
    forecast = np.asarray(found.forecast(ahead.horizon), np.float64)
    return np.exp(forecast) if ahead.positive else forecast


def _season_of(past: Floats, ahead: Ahead) -> int:
    fits = 1 < ahead.season <= min(LONGEST_SEASON, len(past) // 3)
    return ahead.season if fits else 0


METHODS: dict[str, tuple[Literal["trivial", "classical"], Callable[[Floats, Ahead], Floats]]] = {
    "naive": ("trivial", naive),
    "seasonal-naive": ("trivial", seasonal_naive),
    "drift": ("trivial", drift),
    "drift+seasonal": ("classical", drift_seasonal),
    "ets": ("classical", ets),
    "theta": ("classical", theta),
    "sarima": ("classical", sarima),
}


def all_of(test: Split, meta: Meta) -> list[Baseline]:
    """Forecast every test row with every method, a value column at a time."""
    ahead = Ahead(meta["horizon"], meta["season"], meta["log"])
    history = test.ragged("history")
    found = []
    for name, (kind, method) in METHODS.items():
        # these matrices are so small that a second thread only waits
        with _quiet(), threadpool_limits(1):
            cells = [_cell(history[i], len(meta["values"]), method, ahead) for i in range(len(test))]
        found.append(Baseline(name, kind, pd.DataFrame({"mean": cells})))
    return found


def _cell(
    past: npt.NDArray[np.float64], values: int, method: Callable[[Floats, Ahead], Floats], ahead: Ahead
) -> list[float]:
    columns = [_finite(np.array(past[:, v], np.float64), method, ahead) for v in range(values)]
    return [float(x) for x in np.stack(columns, axis=-1).ravel()]


def _finite(past: Floats, method: Callable[[Floats, Ahead], Floats], ahead: Ahead) -> Floats:
    """Fall back on the seasonal naive for a constant series, and where a fit breaks down."""
    if np.ptp(past) == 0:
        return seasonal_naive(past, ahead)
    try:
        forecast = method(past, ahead)
    except (ValueError, np.linalg.LinAlgError):
        return seasonal_naive(past, ahead)
    return forecast if np.isfinite(forecast).all() else seasonal_naive(past, ahead)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
