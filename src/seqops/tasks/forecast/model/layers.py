"""The ensemble: a window in, every member's path of forecasts out, straight or by feeding itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from seqops.nn.ensemble import EnsembleBidirectional, EnsembleDense, EnsembleRecurrent
from seqops.nn.exponential_smoothing import ExponentialSmoothing

LEVELS = (0.80, 0.95)
LAPLACE = -np.log1p(-np.array(LEVELS))
"""How many spreads each level reaches where errors follow Laplace, as the loss takes them to: 1.61, 3.00."""

Kind = Literal["lstm", "gru", "simple_rnn", "dense", "es_lstm"]
Direction = Literal["forward", "both"]


@dataclass(frozen=True)
class ForecasterConfig:
    """What every part must know: the model section, and the sizes of the series."""

    kind: Kind
    direction: Direction
    layers: int
    units: int
    dropout: float
    ensemble_size: int
    output_steps: int
    difference: int
    values: int
    window: int
    horizon: int
    season: int

    @property
    def columns(self) -> int:
        """Value columns of all members side by side."""
        return self.ensemble_size * self.values


class Body(keras.layers.Layer):
    """Recurrent or dense layers over a window: (B, W, M, F) -> (B, M, units), or 2 x units from both ends.

    The window lies wholly before the origin, so reading it backwards sees nothing that is to be forecast.
    """

    def __init__(self, shape: ForecasterConfig, name: str) -> None:
        super().__init__(name=name)
        self.shape = shape
        self.stack = [self._layer(i) for i in range(shape.layers)]
        self.dropouts = [
            keras.layers.Dropout(shape.dropout, name=f"dropout_{i}") for i in range(shape.layers)
        ]

    def _layer(self, i: int) -> keras.layers.Layer:
        if self.shape.kind == "dense":
            return EnsembleDense(self.shape.units, "relu", "glorot_uniform", f"dense_{i}")
        kind = "lstm" if self.shape.kind == "es_lstm" else self.shape.kind
        layer = EnsembleBidirectional if self.shape.direction == "both" else EnsembleRecurrent
        return layer(kind, self.shape.ensemble_size, self.shape.units, f"{kind}_{i}")

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Read the window; the state after the last step speaks for it."""
        if self.shape.kind == "dense":
            x = ops.transpose(x, (0, 2, 1, 3))
            x = ops.reshape(x, (-1, self.shape.ensemble_size, x.shape[2] * x.shape[3]))
        for layer, dropout in zip(self.stack, self.dropouts, strict=True):
            x = dropout(layer(x), training=training)
        return x if self.shape.kind == "dense" else self.stack[-1].ends(x)


class Ensemble(keras.layers.Layer):
    """Forecast the horizon in passes of `output_steps` steps; after each, the window moves over its
    forecasts.

    stride >= horizon is the direct strategy, fewer the recursive one (Taieb et al. 2012, section 2),
    trained as it is used: through its own forecasts.
    """

    def __init__(self, shape: ForecasterConfig, name: str) -> None:
        super().__init__(name=name)
        self.shape, self.output_steps = shape, min(shape.output_steps, shape.horizon)
        self.body = Body(shape, "body")
        # it starts as the base path alone: zero is the correction of a network that knows nothing
        self.head = EnsembleDense(self.output_steps * shape.values, "linear", "zeros", "head")
        self.smoothing: ExponentialSmoothing | None = None
        if shape.kind == "es_lstm":
            self.smoothing = ExponentialSmoothing(shape.season, shape.columns, "smoothing")

    def call(self, figures: Any, calendar: Any, training: bool | None = None) -> Any:
        """Forecast from figures (B, W, V + C) and calendar (B, W + H, K): (B, H, M, V)."""
        shape, passes = self.shape, []
        known = self._for_each_member(figures[..., : shape.values])
        covariates = figures[..., shape.values :]
        for start in range(0, shape.horizon, self.output_steps):
            around = calendar[:, start : start + shape.window]
            coming = calendar[:, start + shape.window :][:, : self.output_steps]
            rest = self._for_each_member(ops.concatenate([covariates, around], axis=-1))
            passes.append(self._ahead(known, rest, self._padded(coming), training))
            known = ops.concatenate([known, passes[-1]], axis=1)[:, -shape.window :]
            covariates = self._held(covariates)
        return ops.concatenate(passes, axis=1)[:, : shape.horizon]

    def _for_each_member(self, x: Any) -> Any:
        """(B, T, F) -> (B, T, M, F)."""
        return ops.repeat(x[:, :, None], self.shape.ensemble_size, axis=2)

    def _padded(self, coming: Any) -> Any:
        """Fill the calendar of a last pass that overruns the horizon; those steps are cut off."""
        return ops.pad(coming, ((0, 0), (0, self.output_steps - coming.shape[1]), (0, 0)))

    def _held(self, covariates: Any) -> Any:
        """Hold covariates at their last value, for nobody knows them beyond the origin."""
        held = ops.repeat(covariates[:, -1:], self.output_steps, axis=1)
        return ops.concatenate([covariates, held], axis=1)[:, -self.shape.window :]

    def _ahead(self, known: Any, rest: Any, coming: Any, training: bool | None) -> Any:
        """Forecast one stride (B, stride, M, V): a base path, corrected by the body."""
        if self.smoothing is None:
            base, seen = None, self._differenced(known)
        else:
            base, seen = self._smoothed(self.smoothing, known)
        rest = rest[:, -seen.shape[1] :]
        h = self.body(ops.concatenate([seen, rest], axis=-1), training=training)
        # no -1 here: it has no answer where there is no calendar at all
        flat = ops.reshape(coming, (ops.shape(coming)[0], 1, coming.shape[1] * coming.shape[2]))
        out = self.head(ops.concatenate([h, ops.repeat(flat, self.shape.ensemble_size, axis=1)], axis=-1))
        steps = ops.reshape(out, (-1, self.shape.ensemble_size, self.output_steps, self.shape.values))
        steps = ops.transpose(steps, (0, 2, 1, 3))
        return self._summed(known, steps) if base is None else base + steps

    def _smoothed(self, smoothing: ExponentialSmoothing, known: Any) -> tuple[Any, Any]:
        """Return the smoothed path ahead, and the window without season, seen from its last level."""
        members, values = self.shape.ensemble_size, self.shape.values
        smoothed = smoothing(ops.reshape(known, (-1, self.shape.window, self.shape.columns)))
        seen = smoothed.adjusted - smoothed.level[:, None]
        base = smoothing.path(smoothed, self.output_steps)
        return (
            ops.reshape(base, (-1, self.output_steps, members, values)),
            ops.reshape(seen, (-1, self.shape.window, members, values)),
        )

    def _differenced(self, known: Any) -> Any:
        lag = self.shape.difference
        return known[:, lag:] - known[:, :-lag] if lag else known

    def _summed(self, known: Any, steps: Any) -> Any:
        """Undo the differences of a path: step h stands on step h - lag, known or forecast."""
        lag, stride = self.shape.difference, self.output_steps
        if not lag:
            return steps
        rounds = -(-stride // lag)
        padded = ops.pad(steps, ((0, 0), (0, rounds * lag - stride), (0, 0), (0, 0)))
        folded = ops.reshape(padded, (-1, rounds, lag, *steps.shape[2:]))
        path = ops.cumsum(folded, axis=1) + known[:, None, -lag:]
        return ops.reshape(path, (-1, rounds * lag, *steps.shape[2:]))[:, :stride]


class Spread(keras.layers.Layer):
    """Learn how far each step strays; `factors` widen that to intervals of 80 and 95 %."""

    def build(self, shape: tuple[int, ...]) -> None:
        """Start as a random walk, with the factors of Laplace's distribution."""
        _, steps, _, values = shape
        walk = np.log(0.1 * np.sqrt(np.arange(1, steps + 1)))[:, None].repeat(values, axis=1)
        self.log_spread = self._variable("log_spread", walk, trainable=True)
        self.factors = self._variable("factors", LAPLACE, trainable=False)

    def _variable(self, name: str, start: Any, trainable: bool) -> Any:
        def initializer(shape: Any, dtype: Any = None) -> Any:
            return ops.convert_to_tensor(start, dtype)

        return self.add_weight(shape=start.shape, initializer=initializer, trainable=trainable, name=name)

    def call(self, members: Any) -> Any:
        """Append the log spread to the forecasts, as if it were one member more: (B, H, M + 1, V)."""
        spread = ops.zeros_like(members[:, :, :1]) + self.log_spread[None, :, None]
        return ops.concatenate([members, spread], axis=2)


class PathLoss(keras.losses.Loss):
    """Mean absolute error of every member, and the Laplace likelihood of the spread of their mean.

    Unknown targets are NaN and left out. The members learn from their own errors alone, so that each
    is a forecaster by itself; the spread does not pull on the forecasts.
    """

    def call(self, truth: Any, predicted: Any) -> Any:
        """Score (B, H, V) against (B, H, M + 1, V): (B,)."""
        known = ops.logical_not(ops.isnan(truth))
        truth = ops.where(known, truth, 0.0)
        known = ops.cast(known, predicted.dtype)
        members, log_spread = predicted[:, :, :-1], predicted[:, :, -1]
        errors = ops.mean(ops.abs(members - truth[:, :, None]), axis=2)
        strayed = ops.stop_gradient(ops.abs(ops.mean(members, axis=2) - truth))
        likelihood = log_spread + strayed * ops.exp(-log_spread)
        return ops.mean((errors + likelihood) * known, axis=(1, 2))
