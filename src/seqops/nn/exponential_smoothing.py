"""Exponential smoothing as a Keras layer whose coefficients are learnt by gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

INITIAL = {"alpha": 0.4, "beta": 0.02, "gamma": 0.3, "phi": 0.98}
"""Initial coefficients. The trend is damped (Gardner and McKenzie 1985, "Forecasting trends in time series")
by the weakest factor in common use (Hyndman and Athanasopoulos 2021, section 8.2): a trend that is carried on
costs most over a long horizon, of which training windows know the least."""


@dataclass(frozen=True)
class Smoothed:
    """Components at the end of a window.

    level, trend: (B, V); season: (B, m, V), the next step first; adjusted: (B, W, V), the seasonally
    adjusted window.
    """

    level: Any
    trend: Any
    season: Any
    adjusted: Any


class SmoothingCell(keras.layers.Layer):
    """One step of additive Holt-Winters smoothing with a damped trend, in error-correction form.

    States: level (B, V), trend (B, V), season (B, m x V), the current step's season first.
    """

    def __init__(self, season: int, columns: int, name: str) -> None:
        super().__init__(name=name)
        self.season, self.columns = season, columns
        self.state_size = [columns, columns, season * columns]
        self.output_size = columns

    def build(self, shape: tuple[int, ...]) -> None:
        """Create four coefficients per column, kept between 0 and 1 by a sigmoid."""
        self.logits = {
            name: self.add_weight(
                shape=(self.columns,),
                initializer=keras.initializers.Constant(float(np.log(initial / (1 - initial)))),
                name=name,
            )
            for name, initial in INITIAL.items()
        }

    def call(self, value: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Update the states with one value (B, V); returns it seasonally adjusted."""
        alpha, beta, gamma, phi = (ops.sigmoid(logit) for logit in self.logits.values())
        level, trend, season = states
        expected = season[:, : self.columns]
        forecast = level + phi * trend
        error = value - forecast - expected
        updated = expected + gamma * (1 - alpha) * error
        rotated = ops.concatenate([season[:, self.columns :], updated], axis=1)
        return value - updated, [forecast + alpha * error, phi * trend + alpha * beta * error, rotated]


class ExponentialSmoothing(keras.layers.Layer):
    """Smooths a window and extrapolates its level, damped trend and season.

    On the logarithm of a series the season is multiplicative. Hyndman et al. 2008, "Forecasting with
    Exponential Smoothing", section 3.4; learnt with a network as in Smyl 2020, "A hybrid method of
    exponential smoothing and recurrent neural networks", section 3.
    """

    def __init__(self, season: int, columns: int, name: str) -> None:
        super().__init__(name=name)
        self.season, self.columns = season, columns
        self.cell = SmoothingCell(season, columns, "coefficients")
        self.scan = keras.layers.RNN(self.cell, return_sequences=True, return_state=True, name="scan")

    def call(self, x: Any) -> Smoothed:
        """Smooth windows (B, W, V) of at least two seasons."""
        adjusted, level, trend, season = self.scan(x, initial_state=self._start(x))
        return Smoothed(level, trend, ops.reshape(season, (-1, self.season, self.columns)), adjusted)

    def _start(self, x: Any) -> list[Any]:
        """Estimate the initial states from the means of the window's complete seasons."""
        m = self.season
        whole = x.shape[1] // m
        seasons = ops.reshape(x[:, : whole * m], (-1, whole, m, self.columns))
        means = ops.mean(seasons, axis=2)
        trend = (means[:, -1] - means[:, 0]) / ((whole - 1) * m)
        centred = ops.reshape(ops.arange(m, dtype=x.dtype) - (m - 1) / 2, (1, m, 1))
        season = ops.mean(seasons - means[:, :, None], axis=1) - centred * trend[:, None]
        return [means[:, 0] - trend * (m + 1) / 2, trend, ops.reshape(season, (-1, m * self.columns))]

    def path(self, smoothed: Smoothed, steps: int) -> Any:
        """Extrapolate level, damped trend and season: (B, steps, V)."""
        phi = ops.sigmoid(self.cell.logits["phi"])
        exponents = ops.reshape(ops.arange(1, steps + 1, dtype=phi.dtype), (-1, 1))
        powers = ops.cumsum(phi**exponents, axis=0)  # (steps, V)
        season = ops.take(smoothed.season, np.arange(steps) % self.season, axis=1)
        return smoothed.level[:, None] + powers[None] * smoothed.trend[:, None] + season
