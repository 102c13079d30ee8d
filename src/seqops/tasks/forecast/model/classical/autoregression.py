"""AR(p) by least squares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import TRANSFORMS

ORDERS = (1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 25, 30, 36)
"""Orders that are tried, beside those of one and two seasons."""


def lags(series: Floats, order: int, ahead: int = 1) -> Floats:
    """Return a constant and the latest values, latest first, `ahead` steps before each value: (n, p + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(series, order)[: len(series) - order - ahead + 1]
    return np.column_stack([np.ones(len(windows)), windows[:, ::-1]])


def fit_autoregression(past: Floats, order: int) -> Floats:
    """Fit y[t] = c + a1 y[t-1] + ... + ap y[t-p] by least squares: c, a1 ... ap (p + 1,).

    Box and Jenkins 1976, section 7.3.
    """
    return np.asarray(np.linalg.lstsq(lags(past, order), past[order:])[0], np.float64)


def iterate(coefficients: Floats, past: Floats, horizon: int) -> Floats:
    """Forecast step by step, each from the forecasts before it: (H,)."""
    order = len(coefficients) - 1
    path = np.concatenate([past[-order:], np.zeros(horizon)])
    for step in range(horizon):
        path[order + step] = coefficients[0] + coefficients[:0:-1] @ path[step : order + step]
    return path[order:]


def candidates(season: int, horizon: int) -> list[Candidate]:
    """Return every order on values, logarithms and square roots; each needs three rows per coefficient."""
    orders = sorted({*ORDERS, season, season + 1, 2 * season, 2 * season + 1})
    return [
        transform.candidate(f"AR({order})", _fit(order), 3 * order + 2)
        for transform in TRANSFORMS
        for order in orders
    ]


def _fit(order: int) -> Callable[[Floats, int], Forecaster]:
    def fit(past: Floats, horizon: int) -> Forecaster:
        coefficients = fit_autoregression(past, order)
        return lambda new: iterate(coefficients, np.concatenate([past, new]), horizon)

    return fit
