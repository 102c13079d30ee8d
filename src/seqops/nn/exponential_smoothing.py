"""Exponential smoothing as a Keras layer, its coefficients learnt by gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

STARTS = {"alpha": 0.4, "beta": 0.02, "gamma": 0.3, "phi": 0.998}
"""A trend that hardly bends: short windows tell nothing of damping, and over a long horizon it costs most."""


@dataclass(frozen=True)
class Smoothed:
    """Components at the end of a window.

    level, trend: (B, V); season: (B, m, V), the coming step first; adjusted: (B, W, V), the window
    without its season.
    """

    level: Any
    trend: Any
    season: Any
    adjusted: Any


class SmoothingCell(keras.layers.Layer):
    """One step of additive Holt-Winters smoothing with a damped trend, in error-correction form.

    States: level (B, V), trend (B, V), season (B, m x V), the present step's season first.
    """

    def __init__(self, season: int, columns: int, name: str) -> None:
        super().__init__(name=name)
        self.season, self.columns = season, columns
        self.state_size = [columns, columns, season * columns]
        self.output_size = columns

    def build(self, shape: tuple[int, ...]) -> None:
        """Give every column four coefficients, kept between 0 and 1 by a sigmoid."""
        self.logits = {
            name: self.add_weight(
                shape=(self.columns,),
                initializer=keras.initializers.Constant(float(np.log(start / (1 - start)))),
                name=name,
            )
            for name, start in STARTS.items()
        }

    def call(self, value: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Take in one value (B, V); return it without its season."""
        alpha, beta, gamma, phi = (ops.sigmoid(logit) for logit in self.logits.values())
        level, trend, season = states
        expected = season[:, : self.columns]
        ahead = level + phi * trend
        error = value - ahead - expected
        now = expected + gamma * (1 - alpha) * error
        moved = ops.concatenate([season[:, self.columns :], now], axis=1)
        return value - now, [ahead + alpha * error, phi * trend + alpha * beta * error, moved]


class ExponentialSmoothing(keras.layers.Layer):
    """Smooth a window and carry its level, damped trend and season on.

    In the logarithm of a series its seasons multiply. Hyndman et al. 2008, "Forecasting with
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
        """Decompose the whole seasons of the window by their means: the states before its first step."""
        m = self.season
        whole = x.shape[1] // m
        seasons = ops.reshape(x[:, : whole * m], (-1, whole, m, self.columns))
        means = ops.mean(seasons, axis=2)
        trend = (means[:, -1] - means[:, 0]) / ((whole - 1) * m)
        centred = ops.reshape(ops.arange(m, dtype=x.dtype) - (m - 1) / 2, (1, m, 1))
        season = ops.mean(seasons - means[:, :, None], axis=1) - centred * trend[:, None]
        return [means[:, 0] - trend * (m + 1) / 2, trend, ops.reshape(season, (-1, m * self.columns))]

    def path(self, smoothed: Smoothed, steps: int) -> Any:
        """Carry level, damped trend and season on: (B, steps, V)."""
        phi = ops.sigmoid(self.cell.logits["phi"])
        exponents = ops.reshape(ops.arange(1, steps + 1, dtype=phi.dtype), (-1, 1))
        powers = ops.cumsum(phi**exponents, axis=0)  # (steps, V)
        season = ops.take(smoothed.season, np.arange(steps) % self.season, axis=1)
        return smoothed.level[:, None] + powers[None] * smoothed.trend[:, None] + season
