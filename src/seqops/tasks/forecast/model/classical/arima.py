"""ARIMA with one difference, by exact likelihood, with an optimum that repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.optimize import minimize

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import TRANSFORMS

LONGEST_SEASON = 24
"""Longer seasons leave too few rows of a differenced series."""
BOUND = 0.98
"""Largest size of a moving-average coefficient: invertible, away from the unit root."""
GRID = np.linspace(-0.9, 0.9, 7)
"""Starts of the search in each moving-average coefficient."""


@dataclass(frozen=True)
class Order:
    """(p,1,1), times (0,1,1) in the season if `season` > 1."""

    p: int
    season: int

    @property
    def name(self) -> str:
        """Return the usual notation."""
        seasonal = f"(0,1,1){self.season}" if self.season > 1 else ""
        return f"({self.p},1,1){seasonal}"

    def difference(self, series: Floats) -> Floats:
        """Return w: the series after one difference and, in a season, one seasonal difference."""
        once = np.diff(series)
        return once[self.season :] - once[: -self.season] if self.season > 1 else once

    def moving_average(self, theta: Floats) -> Floats:
        """Return the coefficients of (1 + t B)(1 + T B^s), lowest power first: (q + 1,)."""
        first = np.array([1.0, theta[0]])
        if self.season == 1:
            return first
        seasonal = np.zeros(self.season + 1)
        seasonal[0], seasonal[-1] = 1.0, theta[1]
        return np.convolve(first, seasonal)


@dataclass(frozen=True)
class Errors:
    """The covariance of n moving-average errors of unit innovations; gamma: autocovariances (q + 1,)."""

    gamma: Floats
    factor: Floats

    @classmethod
    def of(cls, coefficients: Floats, n: int) -> Errors:
        """Factor the covariance, a banded Toeplitz matrix."""
        gamma = np.correlate(coefficients, coefficients, "full")[len(coefficients) - 1 :]
        return cls(gamma, cholesky_banded(np.repeat(gamma[:n, None], n, axis=1), lower=True))

    def solve(self, columns: Floats) -> Floats:
        """Return the inverse of the covariance times columns (n, k)."""
        return np.asarray(cho_solve_banded((self.factor, True), columns), np.float64)

    @property
    def log_determinant(self) -> float:
        """Return the logarithm of the determinant of the covariance."""
        return 2 * float(np.log(self.factor[0]).sum())


def autoregressive(w: Floats, p: int, errors: Errors) -> tuple[Floats, Floats]:
    """Return the generalized least-squares AR coefficients (p,) and their residuals (n - p,)."""
    if not p:
        return np.zeros(0), w
    x = np.column_stack([w[p - lag : len(w) - lag] for lag in range(1, p + 1)])
    weighted = errors.solve(x)
    phi = np.asarray(np.linalg.lstsq(x.T @ weighted, weighted.T @ w[p:])[0], np.float64)
    return phi, w[p:] - x @ phi


def deviance(theta: Floats, w: Floats, order: Order) -> float:
    """Return minus twice the log-likelihood of w (n,) given its first p values, without constants.

    The variance and the AR coefficients are concentrated out, so that only the moving-average coefficients
    are searched (Box and Jenkins 1976, section 7.1).
    """
    n = len(w) - order.p
    errors = Errors.of(order.moving_average(theta), n)
    _, residuals = autoregressive(w, order.p, errors)
    variance = max(float(residuals @ errors.solve(residuals)) / n, np.finfo(np.float64).tiny)
    return n * float(np.log(variance)) + errors.log_determinant


def estimate(past: Floats, order: Order) -> Floats:
    """Return the moving-average coefficients of the highest likelihood: (1,), or (2,) with a season.

    The best point of a grid, then a simplex search without gradients down to the rounding of the likelihood:
    gradients by finite differences would turn its last bits into other optima on other machines.
    """
    w = order.difference(past)
    w = w / (np.std(w) or 1.0)
    axes = (GRID,) * (2 if order.season > 1 else 1)
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(axes))
    start = grid[int(np.argmin([deviance(theta, w, order) for theta in grid]))]
    found = minimize(
        deviance,
        start,
        (w, order),
        method="Nelder-Mead",
        bounds=[(-BOUND, BOUND)] * len(axes),
        options={"xatol": 1e-9, "fatol": 1e-12},
    )
    return np.asarray(found.x, np.float64)


def forecast(series: Floats, order: Order, theta: Floats, phi: Floats, horizon: int) -> Floats:
    """Return the best linear forecast (H,) from all rows of a series."""
    w = order.difference(series)
    p, n = order.p, len(w) - order.p
    errors = Errors.of(order.moving_average(theta), n)
    lagged = sum((phi[lag - 1] * w[p - lag : len(w) - lag] for lag in range(1, p + 1)), np.zeros(n))
    weights = errors.solve(w[p:] - lagged)
    path = np.concatenate([w, np.zeros(horizon)])
    for step in range(horizon):
        shared = errors.gamma[step + 1 :][:n]
        error = shared @ weights[::-1][: len(shared)]
        at = len(w) + step
        path[at] = error + phi @ path[at - p : at][::-1] if p else error
    return undifference(series, path[len(w) :], order.season)


def undifference(series: Floats, steps: Floats, season: int) -> Floats:
    """Sum forecast differences back to forecasts of the series."""
    changes = np.concatenate([np.diff(series), steps])
    if season > 1:
        for at in range(len(series) - 1, len(changes)):
            changes[at] += changes[at - season]
    return np.asarray(series[-1] + np.cumsum(changes[len(series) - 1 :]), np.float64)


def candidates(season: int, horizon: int) -> list[Candidate]:
    """Return (0,1,1) and (2,1,1), with and without the season of the airline model, on each transform."""
    orders = [Order(p, 1) for p in (0, 2)]
    if 1 < season <= LONGEST_SEASON:
        orders += [Order(p, season) for p in (0, 2)]
    return [
        transform.candidate(order.name, _fit(order), 3 * order.season + 6)
        for transform in TRANSFORMS
        for order in orders
    ]


def _fit(order: Order) -> Callable[[Floats, int], Forecaster]:
    def fit(past: Floats, horizon: int) -> Forecaster:
        theta = estimate(past, order)
        w = order.difference(past)
        phi, _ = autoregressive(w, order.p, Errors.of(order.moving_average(theta), len(w) - order.p))
        return lambda new: forecast(np.concatenate([past, new]), order, theta, phi, horizon)

    return fit
