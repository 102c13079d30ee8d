"""One member of the ensemble: a window in, a path of forecasts out, straight or by feeding itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from seqops.blocks.smoothing import ExponentialSmoothing

Kind = Literal["lstm", "gru", "simple_rnn", "dense", "es_lstm"]
RECURRENT = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "simple_rnn": keras.layers.SimpleRNN,
    "es_lstm": keras.layers.LSTM,
}


@dataclass(frozen=True)
class Shape:
    """What every part of a member must know: sizes, and how many steps one pass forecasts."""

    kind: Kind
    layers: int
    units: int
    dropout: float
    difference: int
    values: int
    window: int
    horizon: int
    season: int
    stride: int


class Body(keras.layers.Layer):  # type: ignore[misc]
    """Recurrent or dense layers over a window: (B, W, F) -> (B, units)."""

    def __init__(self, shape: Shape, name: str) -> None:
        super().__init__(name=name)
        self.shape, self.stack = shape, []
        for i in range(shape.layers):
            self.stack.append(self._layer(i))
        self.dropouts = [
            keras.layers.Dropout(shape.dropout, name=f"dropout_{i}") for i in range(shape.layers)
        ]

    def _layer(self, i: int) -> Any:
        if self.shape.kind == "dense":
            return keras.layers.Dense(self.shape.units, activation="relu", name=f"dense_{i}")
        last = i == self.shape.layers - 1
        kind = RECURRENT[self.shape.kind]
        return kind(self.shape.units, return_sequences=not last, name=f"{self.shape.kind}_{i}")

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Read the window."""
        if self.shape.kind == "dense":
            x = ops.reshape(x, (-1, x.shape[1] * x.shape[2]))
        for layer, dropout in zip(self.stack, self.dropouts, strict=True):
            x = dropout(layer(x), training=training)
        return x


class Member(keras.layers.Layer):  # type: ignore[misc]
    """Forecast the horizon in passes of `stride` steps; after each, the window moves over its forecasts.

    stride >= horizon is the direct strategy, fewer the recursive one (Taieb et al. 2012, section 2),
    trained as it is used: through its own forecasts.
    """

    def __init__(self, shape: Shape, name: str) -> None:
        super().__init__(name=name)
        self.shape = shape
        self.body = Body(shape, "body")
        self.head = keras.layers.Dense(
            min(shape.stride, shape.horizon) * shape.values, kernel_initializer="zeros", name="head"
        )
        smooth = shape.kind == "es_lstm"
        self.smoothing = ExponentialSmoothing(shape.season, shape.values, "smoothing") if smooth else None

    def call(self, figures: Any, calendar: Any, training: bool | None = None) -> Any:
        """Forecast from figures (B, W, V + C) and calendar (B, W + H, K): (B, H, V)."""
        passes, known = [], figures
        stride = min(self.shape.stride, self.shape.horizon)
        for start in range(0, self.shape.horizon, stride):
            around = calendar[:, start : start + self.shape.window]
            coming = calendar[:, start + self.shape.window :][:, :stride]
            forecast = self._ahead(known, around, self._padded(coming, stride), training)
            passes.append(forecast)
            known = ops.concatenate([known, self._with_covariates(known, forecast)], axis=1)
            known = known[:, -self.shape.window :]
        return ops.concatenate(passes, axis=1)[:, : self.shape.horizon]

    @staticmethod
    def _padded(coming: Any, stride: int) -> Any:
        """Fill the calendar of a last pass that overruns the horizon; those steps are cut off."""
        return ops.pad(coming, ((0, 0), (0, stride - coming.shape[1]), (0, 0)))

    def _with_covariates(self, known: Any, forecast: Any) -> Any:
        """Hold covariates at their last value, for nobody knows them beyond the origin."""
        last = known[:, -1:, self.shape.values :]
        return ops.concatenate([forecast, ops.repeat(last, forecast.shape[1], axis=1)], axis=-1)

    def _ahead(self, known: Any, around: Any, coming: Any, training: bool | None) -> Any:
        """Forecast one stride: a base path that needs no learning, corrected by the body."""
        values = known[..., : self.shape.values]
        if self.smoothing is None:
            seen, base = self._differenced(values), None
        else:
            smoothed = self.smoothing(values)
            seen = smoothed.adjusted - smoothed.level[:, None]
            base = self.smoothing.path(smoothed, coming.shape[1])
        rest = ops.concatenate([known[..., self.shape.values :], around], axis=-1)
        h = self.body(ops.concatenate([seen, rest[:, -seen.shape[1] :]], axis=-1), training=training)
        # no -1 here: it has no answer where there is no calendar at all
        flat = ops.reshape(coming, (ops.shape(coming)[0], coming.shape[1] * coming.shape[2]))
        out = self.head(ops.concatenate([h, flat], axis=-1))  # (B, stride x V)
        steps = ops.reshape(out, (-1, coming.shape[1], self.shape.values))
        return self._summed(values, steps) if base is None else base + steps

    def _differenced(self, values: Any) -> Any:
        lag = self.shape.difference
        return values[:, lag:] - values[:, :-lag] if lag else values

    def _summed(self, values: Any, steps: Any) -> Any:
        """Undo the differences of a path: step h stands on step h - lag, known or forecast."""
        lag = self.shape.difference
        if not lag:
            return steps
        count = steps.shape[1]
        rounds = -(-count // lag)
        padded = ops.pad(steps, ((0, 0), (0, rounds * lag - count), (0, 0)))
        folded = ops.reshape(padded, (-1, rounds, lag, self.shape.values))
        path = ops.cumsum(folded, axis=1) + values[:, None, -lag:]
        return ops.reshape(path, (-1, rounds * lag, self.shape.values))[:, :count]


class Spread(keras.layers.Layer):  # type: ignore[misc]
    """Join the members and learn how far each step strays; `factors` widen that to 80 and 95 %."""

    def build(self, shape: list[tuple[int, ...]]) -> None:
        """Start with the factors of the normal distribution, until validation rows teach better ones."""
        _, steps, values = shape[0]
        ramp = np.log(0.1 * np.sqrt(np.arange(1, steps + 1)))[:, None].repeat(values, axis=1)
        self.log_spread = self.add_weight(
            shape=(steps, values),
            initializer=lambda *_, **__: ops.convert_to_tensor(ramp, "float32"),
            name="log_spread",
        )
        self.factors = self.add_weight(
            shape=(2,),
            initializer=lambda *_, **__: ops.convert_to_tensor([1.2816, 1.96], "float32"),
            trainable=False,
            name="factors",
        )

    def call(self, members: list[Any]) -> Any:
        """Stack forecasts and their log spread: (B, M + 1, H, V), the spread last."""
        spread = ops.zeros_like(members[0]) + self.log_spread
        return ops.stack([*members, spread], axis=1)


class PathLoss(keras.losses.Loss):  # type: ignore[misc]
    """Mean absolute error of every member, and the Laplace likelihood of the spread of their mean.

    Unknown targets are NaN and left out. The members learn from their own errors alone, so that an
    ensemble is no more than its members; the spread does not pull on the forecasts.
    """

    def call(self, truth: Any, predicted: Any) -> Any:
        """Score (B, H, V) against (B, M + 1, H, V): (B,)."""
        known = ops.logical_not(ops.isnan(truth))
        truth = ops.where(known, truth, 0.0)
        known = ops.cast(known, predicted.dtype)
        members, log_spread = predicted[:, :-1], predicted[:, -1]
        errors = ops.mean(ops.abs(members - truth[:, None]), axis=1)
        strayed = ops.stop_gradient(ops.abs(ops.mean(members, axis=1) - truth))
        likelihood = log_spread + strayed * ops.exp(-log_spread)
        return ops.mean((errors + likelihood) * known, axis=(1, 2))
