"""Seasonal ARMA of many series at a time, by conditional least squares (Box and Jenkins 1976, 7.1.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.tasks.forecast.model.local.nelder_mead import minimize
from seqops.tasks.forecast.model.local.panel import Floats, Integers, log_of_squares

LARGEST = 0.99
"""Largest partial autocorrelation: stationary and invertible, away from the unit root."""


@dataclass(frozen=True)
class Order:
    """(p, q) times (P, Q) in the season, each 2 at most; constant: whether the mean is not 0."""

    p: int
    q: int
    seasonal_p: int
    seasonal_q: int
    constant: bool

    @property
    def searched(self) -> int:
        """Return the number of coefficients."""
        return self.p + self.q + self.seasonal_p + self.seasonal_q


@dataclass(frozen=True)
class Coefficients:
    """(1 - ar B ...)(1 - seasonal_ar B^m ...) w = (1 + ma B ...)(1 + seasonal_ma B^m ...) e.

    Each is (lags, n).
    """

    ar: Floats
    ma: Floats
    seasonal_ar: Floats
    seasonal_ma: Floats

    @classmethod
    def decode(cls, order: Order, points: Floats) -> Coefficients:
        """Convert points (n, k) of the search, whose partial autocorrelations are their tanh."""
        ends = np.cumsum([order.p, order.q, order.seasonal_p])
        ar, ma, seasonal_ar, seasonal_ma = (_stationary(part.T) for part in np.split(points, ends, axis=1))
        return cls(ar, -ma, seasonal_ar, -seasonal_ma)

    def take(self, columns: npt.NDArray[np.bool_]) -> Coefficients:
        """Return the coefficients of the series of a mask (n,)."""
        parts = (self.ar, self.ma, self.seasonal_ar, self.seasonal_ma)
        return Coefficients(*(part[:, columns] for part in parts))

    def polynomials(self, season: int) -> tuple[Floats, Floats]:
        """Return the factors of w and of e, lag 0 first: (lags + 1, n)."""
        return _product(-self.ar, -self.seasonal_ar, season), _product(self.ma, self.seasonal_ma, season)


@dataclass(frozen=True)
class Fit:
    """An order fitted to n series w; mean, deviation: (n,); errors: (T, n); criterion: AICc (n,)."""

    coefficients: Coefficients
    mean: Floats
    errors: Floats
    deviation: Floats
    criterion: Floats


def fit(order: Order, values: Floats, season: int) -> Fit:
    """Search the coefficients for series (T, n), NaN before their first row.

    The mean of the series is the constant; what was before the first row is taken as that mean.
    """
    lengths = np.isfinite(values).sum(axis=0)
    mean = np.nansum(values, axis=0) / lengths if order.constant else np.zeros(len(lengths))
    centred = np.nan_to_num(values - mean)

    def loss(points: Floats, rows: Integers) -> Floats:
        errors = residuals(centred[:, rows], Coefficients.decode(order, points), season)
        return np.asarray(lengths[rows] * log_of_squares(errors), np.float64)

    points, deviance = minimize(loss, np.full((len(lengths), order.searched), 0.1), 0.3)
    coefficients = Coefficients.decode(order, points)
    errors = residuals(centred, coefficients, season)
    parameters = order.searched + order.constant + 1
    free = lengths - parameters
    deviation = np.sqrt((errors**2).sum(axis=0) / np.maximum(free + 1, 1))
    correction = 2 * parameters * lengths / np.maximum(free - 1, 1)
    criterion = np.where(free > 1, deviance + correction, np.inf)
    return Fit(coefficients, mean, errors, deviation, criterion)


def residuals(centred: Floats, coefficients: Coefficients, season: int) -> Floats:
    """Return the errors one step ahead of series (T, n); both are 0 before the first row of each."""
    errors = centred.copy()
    for ar, step in ((coefficients.ar, 1), (coefficients.seasonal_ar, season)):
        before = errors.copy()
        for lag, coefficient in enumerate(ar, start=1):
            errors[lag * step :] -= coefficient * before[: len(errors) - lag * step]
    for ma, step in ((coefficients.seasonal_ma, season), (coefficients.ma, 1)):
        if len(ma):
            _divide(errors, ma, step)
    return errors


def _divide(errors: Floats, ma: Floats, step: int) -> None:
    """Divide by the polynomial of moving-average coefficients (lags, n), in place."""
    # the rows of a block of `step` do not depend on each other
    for row in range(step, len(errors), step):
        block = errors[row : row + step]
        for lag, coefficient in enumerate(ma[: row // step], start=1):
            earlier = errors[row - lag * step :][: len(block)]
            block -= coefficient * earlier


def _stationary(points: Floats) -> Floats:
    """Convert points (lags, n), of 2 lags at most, to a stationary AR process (Durbin and Levinson)."""
    partial = LARGEST * np.tanh(points)
    return partial if len(points) < 2 else np.stack([partial[0] * (1 - partial[1]), partial[1]])


def _product(regular: Floats, seasonal: Floats, season: int) -> Floats:
    """Return (1 + r_1 B + ...)(1 + s_1 B^m + ...): (lags + 1, n)."""
    first = np.vstack([np.ones(regular.shape[1]), regular])
    found = np.zeros((len(regular) + season * len(seasonal) + 1, regular.shape[1]))
    found[: len(first)] = first
    for number, coefficient in enumerate(seasonal, start=1):
        found[number * season : number * season + len(first)] += coefficient * first
    return found
