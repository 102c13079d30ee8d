"""Harmonic regression with ARIMA(0,1,1) errors, for seasons that are too long for a state per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from seqops.tasks.forecast.data.origins import fourier_angles, n_harmonics
from seqops.tasks.forecast.model.classical.arima import BOUND, GRID, Errors, Order
from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import TRANSFORMS

HARMONICS = (0, 1, 2, 3, 5, 8)
"""Numbers of harmonics of a season that are tried."""
ERRORS = Order(0, 1)


def fourier_terms(steps: Floats, seasons: Sequence[float], orders: Sequence[int]) -> Floats:
    """Return sine and cosine of the first harmonics of each season: (n, 2 x harmonics).

    Dynamic harmonic regression: Hyndman and Athanasopoulos 2021, section 10.5.
    """
    angles = [
        angle
        for season, order in zip(seasons, orders, strict=True)
        for angle in fourier_angles(steps, season, order)
    ]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1) if waves else np.zeros((len(steps), 0))


@dataclass(frozen=True)
class Regression:
    """Coefficients by generalized least squares given the moving-average coefficient theta of the errors.

    deviance: minus twice the log-likelihood, without constants; the variance is concentrated out.
    """

    coefficients: Floats
    deviance: float

    @classmethod
    def fit(cls, w: Floats, x: Floats, errors: Errors) -> Regression:
        """Fit differences w (n,) on differenced terms x (n, k)."""
        weighted = errors.solve(np.column_stack([x, w]))
        # the fitted terms span few directions where the history is shorter than a season
        found = np.linalg.lstsq(x.T @ weighted[:, :-1], x.T @ weighted[:, -1])[0]
        coefficients = np.asarray(found, np.float64)
        residuals = w - x @ coefficients
        squares = float(residuals @ (weighted[:, -1] - weighted[:, :-1] @ coefficients))
        variance = max(squares / len(w), np.finfo(np.float64).tiny)
        return cls(coefficients, len(w) * float(np.log(variance)) + errors.log_determinant)


def corrected_aic(deviance: float, n: int, parameters: int) -> float:
    """Return the AICc (Hurvich and Tsai 1989); infinite without degrees of freedom."""
    spare = n - parameters - 1
    return deviance + 2 * parameters * (1 + (parameters + 1) / spare) if spare > 0 else np.inf


@dataclass(frozen=True)
class HarmonicArima:
    """A fitted model: the terms of each season, their coefficients, and the theta of the errors."""

    seasons: tuple[float, ...]
    orders: tuple[int, ...]
    coefficients: Floats
    theta: float

    @classmethod
    def fit(cls, past: Floats, seasons: tuple[float, ...]) -> HarmonicArima:
        """Choose harmonics by AICc, one season after another, then theta by the exact likelihood.

        The harmonics are compared at the theta of the most of them that the history allows, so that the time
        is that of two searches.
        """
        w, steps = np.diff(past), np.arange(len(past), dtype=np.float64)
        scale = float(np.std(w)) or 1.0
        orders = [_most(season, len(past)) for season in seasons]

        def terms(orders: Sequence[int]) -> Floats:
            return np.diff(fourier_terms(steps, seasons, orders), axis=0)

        start = _search(w / scale, terms(orders))
        for i, most in enumerate(list(orders)):
            tried = [[*orders[:i], k, *orders[i + 1 :]] for k in HARMONICS if k <= most]
            errors = _errors(start, len(w))
            fits = [Regression.fit(w / scale, terms(candidate), errors) for candidate in tried]
            aic = [corrected_aic(fit.deviance, len(w), 2 + len(fit.coefficients)) for fit in fits]
            orders = tried[int(np.argmin(aic))]
        x = terms(orders)
        theta = _search(w / scale, x)
        found = Regression.fit(w / scale, x, _errors(theta, len(w)))
        return cls(seasons, tuple(orders), found.coefficients * scale, theta)

    def forecast(self, series: Floats, horizon: int) -> Floats:
        """Return the forecast (H,) from all rows of a series that begins with the fitted ones."""
        steps = np.arange(len(series) + horizon, dtype=np.float64)
        cycles = fourier_terms(steps, self.seasons, self.orders) @ self.coefficients
        rest = series - cycles[: len(series)]
        w = np.diff(rest)
        errors = _errors(self.theta, len(w))
        # beyond one step the forecast of an MA(1) is 0, so that the level moves once
        level = rest[-1] + errors.gamma[1] * errors.solve(w)[-1]
        return np.asarray(level + cycles[len(series) :], np.float64)


def _errors(theta: float, n: int) -> Errors:
    return Errors.of(ERRORS.moving_average(np.array([theta])), n)


def _most(season: float, rows: int) -> int:
    """Return the most harmonics of a season: none before two seasons are known."""
    return n_harmonics(season, HARMONICS[-1]) if rows >= 2 * season else 0


def _search(w: Floats, x: Floats) -> float:
    """Return the best theta: the best point of a grid, then a search without gradients beside it."""

    def deviance(theta: float) -> float:
        return Regression.fit(w, x, _errors(theta, len(w))).deviance

    start = int(np.argmin([deviance(theta) for theta in GRID]))
    step = GRID[1] - GRID[0]
    low, high = max(-BOUND, GRID[start] - step), min(BOUND, GRID[start] + step)
    found = minimize_scalar(deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    return float(found.x)


def candidates(seasons: Sequence[float]) -> list[Candidate]:
    """Return the regression of values, logarithms and square roots on the terms of all seasons."""
    listed = " and ".join(f"{season:g}" for season in seasons)
    name = f"harmonics of {listed} by AICc, (0,1,1) errors"
    return [transform.candidate(name, _fit(tuple(seasons)), 10) for transform in TRANSFORMS]


def _fit(seasons: tuple[float, ...]) -> Callable[[Floats, int], Forecaster]:
    def fit(past: Floats, horizon: int) -> Forecaster:
        fitted = HarmonicArima.fit(past, seasons)
        return lambda new: fitted.forecast(np.concatenate([past, new]), horizon)

    return fit
