"""Ensemble of networks for many series: scaled windows in, quantiles of the whole horizon out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.nn.ensemble import EnsembleDense
from seqops.tasks.forecast.model.layers import Body
from seqops.tasks.forecast.model.window_scaling import ScaledWindow
from seqops.tasks.forecast.model.window_smoothing import WindowSmoothing

MEDIAN = LEVELS.index(0.5)
NARROW = 3.0
"""Subtracted before the softplus, so that the initial quantiles are close to the median."""


class QuantileForecaster(keras.layers.Layer):
    """Forecasts what the horizon is above last year's season, or above a smoothed season.

    The last season of the window, the future calendar and the kinds of the series skip the body. The last
    layer starts at zero: before training the median is the base path.
    """

    def __init__(
        self, body: Body, values: int, season: int, horizon: int, smoothing: WindowSmoothing | None, name: str
    ) -> None:
        """Create the layers after the body; smoothing: of es_lstm, None without it."""
        super().__init__(name=name)
        self.values, self.season, self.horizon = values, season, horizon
        self.body, self.smoothing = body, smoothing
        # what skips a recurrent body needs more units than its state has
        width = body.units * (1 if body.kind == "dense" else 4)
        self.hidden = EnsembleDense(width, "gelu", "glorot_uniform", "hidden")
        self.head = EnsembleDense(horizon * values * len(LEVELS), "linear", "zeros", "head")

    def call(
        self, window: ScaledWindow, inputs: Any, calendar: Any, kinds: Any, training: bool | None = None
    ) -> Any:
        """Forecast scaled quantiles (B, H, M, V, Q).

        inputs: (B, W, K + C), calendar and covariates of the window; calendar: (B, H, K), of the horizon;
        kinds: (B, S), static inputs.
        """
        seen = self._repeat(window.values)
        if self.smoothing is None:
            base = self._repeat(last_season(window.values, self.season, self.horizon))
        else:
            base, adjusted = self.smoothing(window)
            seen = ops.concatenate([seen, adjusted], axis=-1)
        steps = ops.concatenate([window.changes, window.known, inputs], axis=-1)
        # padding and gaps differ from a value at the level by the flag `known`
        exists = ops.any(window.known > 0, axis=-1)
        h = self.body(ops.concatenate([seen, self._repeat(steps)], axis=-1), exists, training=training)
        skipping = [seen[:, -self.season :], self._repeat(calendar), self._repeat(kinds[:, None])]
        out = self.head(self.hidden(ops.concatenate([h, *map(_flat, skipping)], axis=-1)))
        out = ops.reshape(out, (-1, self.body.ensemble_size, self.horizon, self.values, len(LEVELS)))
        return non_crossing(base, ops.transpose(out, (0, 2, 1, 3, 4)))

    def remove_correction(self) -> None:
        """Zero the weights of the head, so that the base path alone is the median."""
        for weight in self.head.weights:
            weight.assign(ops.zeros_like(weight))

    def _repeat(self, x: Any) -> Any:
        """(B, T, F) -> (B, T, M, F)."""
        return ops.repeat(x[:, :, None], self.body.ensemble_size, axis=2)


def last_season(x: Any, season: int, steps: int) -> Any:
    """Repeat the last season of x (B, W, V) to (B, steps, V); a window shorter than it begins with zeros."""
    missing = max(0, season - x.shape[1])
    last = ops.pad(x[:, -season:], ((0, 0), (missing, 0), (0, 0)))
    return ops.tile(last, (1, -(-steps // season), 1))[:, :steps]


def non_crossing(base: Any, out: Any) -> Any:
    """Add outputs (B, H, M, V, Q) to a path (B, H, M, V): a median, and positive distances from it."""
    median = base[..., None] + out[..., MEDIAN : MEDIAN + 1]
    distances = ops.softplus(out - NARROW)
    below = ops.flip(ops.cumsum(ops.flip(distances[..., :MEDIAN], axis=-1), axis=-1), axis=-1)
    above = ops.cumsum(distances[..., MEDIAN + 1 :], axis=-1)
    return ops.concatenate([median - below, median, median + above], axis=-1)


def _flat(x: Any) -> Any:
    """(B, T, M, F) -> (B, M, T x F)."""
    x = ops.transpose(x, (0, 2, 1, 3))
    return ops.reshape(x, (ops.shape(x)[0], x.shape[1], x.shape[2] * x.shape[3]))
