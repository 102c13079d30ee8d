"""Exponential smoothing of scaled windows, with coefficients that a layer reads from the window itself."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from seqops.nn.ensemble import EnsembleDense
from seqops.nn.exponential_smoothing import INITIAL
from seqops.tasks.forecast.model.window_scaling import ScaledWindow


class SeasonalCell(keras.layers.Layer):
    """One step of additive smoothing of level and season; an unknown value changes neither.

    States: level (B, V), season (B, m x V), the current step's season first.
    """

    def __init__(self, season: int, columns: int, name: str) -> None:
        super().__init__(name=name)
        self.season, self.columns = season, columns
        self.state_size = [columns, season * columns]
        self.output_size = columns

    def call(self, step: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Update the states with a value, whether it is known, alpha and gamma (B, 4 x V).

        Returns the value without its season.
        """
        value, known, alpha, gamma = ops.split(step, 4, axis=-1)
        level, season = states
        expected = season[:, : self.columns]
        error = (value - level - expected) * known
        updated = expected + gamma * (1 - alpha) * error
        rotated = ops.concatenate([season[:, self.columns :], updated], axis=1)
        return (value - updated) * known, [level + alpha * error, rotated]


class WindowSmoothing(keras.layers.Layer):
    """Smooths level and season of each window.

    As in Smyl 2020, "A hybrid method of exponential smoothing and recurrent neural networks", section 3, but
    the coefficients are a function of the window instead of two parameters of each series.
    """

    def __init__(self, season: int, horizon: int, values: int, members: int, name: str) -> None:
        super().__init__(name=name)
        self.season, self.horizon, self.values, self.members = season, horizon, values, members
        self.hidden = EnsembleDense(16, "tanh", "glorot_uniform", "hidden")
        self.coefficients = EnsembleDense(2 * values, "linear", "zeros", "coefficients")
        self.scan = keras.layers.RNN(
            SeasonalCell(season, members * values, "cell"),
            return_sequences=True,
            return_state=True,
            name="scan",
        )

    def call(self, window: ScaledWindow) -> tuple[Any, Any]:
        """Return the smoothed path (B, H, M, V) and the window without season, around its last level."""
        alpha, gamma = self._coefficients(window)
        steps = window.values.shape[1]
        value, known = (ops.tile(x, (1, 1, self.members)) for x in (window.values, window.known))
        constant = [ops.repeat(c[:, None], steps, axis=1) for c in (alpha, gamma)]
        level, season = self._start(window)
        season = ops.reshape(ops.tile(season, (1, 1, self.members)), (-1, self.scan.cell.state_size[1]))
        inputs = ops.concatenate([value, known, *constant], axis=-1)
        start = [ops.tile(level, (1, self.members)), season]
        adjusted, level, season = self.scan(inputs, initial_state=start)
        season = ops.reshape(season, (-1, self.season, self.members * self.values))
        path = level[:, None] + ops.take(season, np.arange(self.horizon) % self.season, axis=1)
        seen = (adjusted - level[:, None]) * known
        return self._by_member(path), self._by_member(seen)

    def _by_member(self, x: Any) -> Any:
        return ops.reshape(x, (-1, x.shape[1], self.members, self.values))

    def _coefficients(self, window: ScaledWindow) -> list[Any]:
        """Return alpha and gamma, (B, M x V) each, between 0 and 1."""
        read = ops.concatenate([window.values, window.changes], axis=-1)[:, -2 * self.season :]
        read = ops.reshape(read, (ops.shape(read)[0], 1, read.shape[1] * read.shape[2]))
        logits = self.coefficients(self.hidden(ops.repeat(read, self.members, axis=1)))
        start = [np.log(INITIAL[name] / (1 - INITIAL[name])) for name in ("alpha", "gamma")]
        split = zip(ops.split(logits, 2, axis=-1), start, strict=True)
        return [ops.reshape(ops.sigmoid(x + float(s)), (-1, self.members * self.values)) for x, s in split]

    def _start(self, window: ScaledWindow) -> tuple[Any, Any]:
        """Estimate level (B, V) and season (B, m, V) at the first step from all seasons of the window.

        Seasons are counted from the origin backwards. The season is what the steps are above the mean of
        their own season on average, less the slope within a season.
        """
        m = self.season
        seasons = -(-window.values.shape[1] // m)
        value, known = (self._by_season(x, seasons) for x in (window.values, window.known))
        means = _ratio(ops.sum(value * known, axis=2), ops.sum(known, axis=2))  # (B, seasons, V)
        whole = ops.cast(ops.all(known > 0, axis=2), value.dtype)  # (B, seasons, V)
        weights = whole[:, :, None]
        season = _ratio(ops.sum((value - means[:, :, None]) * weights, axis=1), ops.sum(weights, axis=1))
        season = season - self._slope(means, whole)[:, None] * _centred(m, value.dtype)
        adjusted = ops.sum((value - season[:, None]) * known, axis=2)
        levels = _ratio(adjusted, ops.sum(known, axis=2))
        present = ops.cast(ops.sum(known, axis=2) > 0, value.dtype)
        oldest = present * ops.cast(ops.cumsum(present, axis=1) == 1, value.dtype)
        first = -window.values.shape[1] % m
        return ops.sum(levels * oldest, axis=1), ops.roll(season, -first, axis=1)

    def _by_season(self, x: Any, seasons: int) -> Any:
        missing = seasons * self.season - x.shape[1]
        padded = ops.pad(x, ((0, 0), (missing, 0), (0, 0)))
        return ops.reshape(padded, (-1, seasons, self.season, self.values))

    def _slope(self, means: Any, whole: Any) -> Any:
        """Return the mean change per step between neighbouring whole seasons: (B, V)."""
        pairs = whole[:, 1:] * whole[:, :-1]
        change = ops.sum((means[:, 1:] - means[:, :-1]) * pairs, axis=1)
        return _ratio(change, ops.sum(pairs, axis=1)) / self.season


def _centred(m: int, dtype: Any) -> Any:
    return ops.reshape(ops.arange(m, dtype=dtype) - (m - 1) / 2, (1, m, 1))


def _ratio(total: Any, count: Any) -> Any:
    return total / ops.maximum(count, 1.0)
