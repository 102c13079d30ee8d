"""A linear regression on lags for each step ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import solve

from seqops.tasks.forecast.model.classical.autoregression import lags
from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import TRANSFORMS

LAGS = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Numbers of lags that are tried, beside those of one and two seasons."""
PENALTIES = (0.001, 0.1, 10.0)
"""Ridge penalties that are tried, in units of the variance of the training values of the regression."""
BLOCK = 12
"""Steps that share the rows of a fit: those whose last step of the block is known."""


def fit_direct(past: Floats, n_lags: int, horizon: int, penalty: float) -> Floats:
    """Regress the value each step ahead on a constant and the latest values: (p + 1, H).

    Ridge regression (Hoerl and Kennard 1970) of centred values; penalty: in units of their variance.
    """
    blocks = []
    for first in range(1, horizon + 1, BLOCK):
        last = min(first + BLOCK - 1, horizon)
        x = lags(past, n_lags, last)[:, 1:]
        y = np.lib.stride_tricks.sliding_window_view(past[n_lags:], last)[:, first - 1 :]
        centre, mean = x.mean(axis=0), y.mean(axis=0)
        gram = (x - centre).T @ (x - centre)
        gram[np.diag_indices(n_lags)] += penalty * np.var(past)
        slopes = solve(gram, (x - centre).T @ (y - mean), assume_a="pos")
        blocks.append(np.vstack([mean - centre @ slopes, slopes]))
    return np.concatenate(blocks, axis=1)


def candidates(season: int, horizon: int) -> list[Candidate]:
    """Return every number of lags and penalty on values, logarithms and square roots."""
    sizes = sorted({*LAGS, season, season + 1, 2 * season, 2 * season + 1})
    return [
        transform.candidate(f"{n_lags} lags, ridge {penalty:g}", _fit(n_lags, penalty), 3 * n_lags + horizon)
        for transform in TRANSFORMS
        for n_lags in sizes
        for penalty in PENALTIES
    ]


def _fit(n_lags: int, penalty: float) -> Callable[[Floats, int], Forecaster]:
    def fit(past: Floats, horizon: int) -> Forecaster:
        coefficients = fit_direct(past, n_lags, horizon, penalty)

        def forecast(new: Floats) -> Floats:
            latest = np.concatenate([past, new])[: -n_lags - 1 : -1]
            return np.asarray(coefficients[0] + latest @ coefficients[1:], np.float64)

        return forecast

    return fit
