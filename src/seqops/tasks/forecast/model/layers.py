"""Ensemble of forecasters (direct or recursive), the errors that calibrate them, and their loss."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from seqops.nn.ensemble import EnsembleBidirectional, EnsembleDense, EnsembleNorm, EnsembleRecurrent
from seqops.nn.exponential_smoothing import ExponentialSmoothing
from seqops.nn.layer_joints import LayerJoint
from seqops.tasks.forecast.model.conformal import PERIODS, PastErrors

BodyKind = Literal["lstm", "gru", "simple_rnn", "dense"]
Direction = Literal["forward", "both"]


class Body(keras.layers.Layer):
    """Recurrent or dense layers over a window: (B, W, M, F) -> (B, M, units), or 2 x units if bidirectional.

    The window lies wholly before the origin, so reading it backwards reveals nothing that is to be forecast.
    joint: of each layer to its input, which is added from the second layer on: that of the first has steps
    that do not exist, and its width depends on the columns.
    """

    def __init__(
        self,
        kind: BodyKind,
        direction: Direction,
        layers: int,
        units: int,
        dropout: float,
        recurrent_dropout: float,
        joint: LayerJoint,
        ensemble_size: int,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.kind, self.units, self.ensemble_size = kind, units, ensemble_size
        sizes = (ensemble_size, units, recurrent_dropout)
        self.stack = [_body_layer(kind, direction, *sizes, i) for i in range(layers)]
        norm = partial(EnsembleNorm, 2 if direction == "both" else 1)
        self.joints = [
            replace(joint, residual=False).layer("joint_0", norm),
            *(joint.layer(f"joint_{i}", norm) for i in range(1, layers)),
        ]
        self.dropouts = [keras.layers.Dropout(dropout, name=f"dropout_{i}") for i in range(layers)]

    def call(self, x: Any, exists: Any = None, training: bool | None = None) -> Any:
        """Encode the window by the state after its last step; steps that do not exist (B, W) are skipped."""
        if self.kind == "dense":
            x = ops.transpose(x, (0, 2, 1, 3))
            x = ops.reshape(x, (-1, self.ensemble_size, x.shape[2] * x.shape[3]))
        for layer, join, dropout in zip(self.stack, self.joints, self.dropouts, strict=True):
            read = layer(x) if self.kind == "dense" else layer(x, exists, training=training)
            x = join(x, dropout(read, training=training))
        return x if self.kind == "dense" else self.stack[-1].ends(x)


def _body_layer(
    kind: BodyKind, direction: Direction, ensemble_size: int, units: int, recurrent_dropout: float, i: int
) -> keras.layers.Layer:
    if kind == "dense":
        return EnsembleDense(units, "relu", "glorot_uniform", f"dense_{i}")
    layer = EnsembleBidirectional if direction == "both" else EnsembleRecurrent
    return layer(kind, ensemble_size, units, f"{kind}_{i}", recurrent_dropout)


class Ensemble(keras.layers.Layer):
    """Forecast the horizon in passes of `output_steps` steps, each on the forecasts of the passes before it.

    output_steps >= horizon is the direct strategy, fewer the recursive one (Taieb et al. 2012, section 2),
    which is trained on its own forecasts, as it is used.
    """

    def __init__(
        self,
        body: Body,
        values: int,
        window: int,
        horizon: int,
        output_steps: int,
        difference: int,
        season: int | None,
        name: str,
    ) -> None:
        """Create the layers after the body; season: of exponential smoothing, None without it."""
        super().__init__(name=name)
        self.values, self.window, self.horizon, self.lag = values, window, horizon, difference
        self.output_steps = min(output_steps, horizon)
        self.body = body
        # zeros: training starts from the base path without a correction
        self.head = EnsembleDense(self.output_steps * values, "linear", "zeros", "head")
        self.smoothing: ExponentialSmoothing | None = None
        if season is not None:
            self.smoothing = ExponentialSmoothing(season, body.ensemble_size * values, "smoothing")

    def call(self, figures: Any, calendar: Any, training: bool | None = None) -> Any:
        """Forecast from figures (B, W, V + C) and calendar (B, W + H, K): (B, H, M, V)."""
        passes = []
        known = self._repeat_for_members(figures[..., : self.values])
        covariates = figures[..., self.values :]
        for start in range(0, self.horizon, self.output_steps):
            past = calendar[:, start : start + self.window]
            future = calendar[:, start + self.window :][:, : self.output_steps]
            inputs = self._repeat_for_members(ops.concatenate([covariates, past], axis=-1))
            passes.append(self._forecast_pass(known, inputs, self._pad(future), training))
            known = ops.concatenate([known, passes[-1]], axis=1)[:, -self.window :]
            covariates = self._extend(covariates)
        return ops.concatenate(passes, axis=1)[:, : self.horizon]

    def remove_correction(self) -> None:
        """Zero the weights of the head, so that the base path alone is the forecast."""
        for weight in self.head.weights:
            weight.assign(ops.zeros_like(weight))

    def _repeat_for_members(self, x: Any) -> Any:
        """(B, T, F) -> (B, T, M, F)."""
        return ops.repeat(x[:, :, None], self.body.ensemble_size, axis=2)

    def _pad(self, calendar: Any) -> Any:
        """Pad the calendar of a last pass that exceeds the horizon; those steps are dropped later."""
        return ops.pad(calendar, ((0, 0), (0, self.output_steps - calendar.shape[1]), (0, 0)))

    def _extend(self, covariates: Any) -> Any:
        """Repeat the last values of covariates, which are unknown beyond the origin."""
        repeated = ops.repeat(covariates[:, -1:], self.output_steps, axis=1)
        return ops.concatenate([covariates, repeated], axis=1)[:, -self.window :]

    def _forecast_pass(self, known: Any, inputs: Any, future: Any, training: bool | None) -> Any:
        """Forecast one pass (B, output_steps, M, V): a base path plus the correction of the body."""
        if self.smoothing is None:
            base, seen = None, self._difference(known)
        else:
            base, seen = self._smooth(self.smoothing, known)
        inputs = inputs[:, -seen.shape[1] :]
        h = self.body(ops.concatenate([seen, inputs], axis=-1), training=training)
        # an explicit size: -1 cannot be inferred if the calendar is empty
        flat = ops.reshape(future, (ops.shape(future)[0], 1, future.shape[1] * future.shape[2]))
        out = self.head(ops.concatenate([h, ops.repeat(flat, self.body.ensemble_size, axis=1)], axis=-1))
        steps = ops.reshape(out, (-1, self.body.ensemble_size, self.output_steps, self.values))
        steps = ops.transpose(steps, (0, 2, 1, 3))
        return self._integrate(known, steps) if base is None else base + steps

    def _smooth(self, smoothing: ExponentialSmoothing, known: Any) -> tuple[Any, Any]:
        """Return the smoothed forecast, and the window without season relative to its last level."""
        members, values = self.body.ensemble_size, self.values
        smoothed = smoothing(ops.reshape(known, (-1, self.window, members * values)))
        seen = smoothed.adjusted - smoothed.level[:, None]
        base = smoothing.path(smoothed, self.output_steps)
        return (
            ops.reshape(base, (-1, self.output_steps, members, values)),
            ops.reshape(seen, (-1, self.window, members, values)),
        )

    def _difference(self, known: Any) -> Any:
        return known[:, self.lag :] - known[:, : -self.lag] if self.lag else known

    def _integrate(self, known: Any, steps: Any) -> Any:
        """Undo the differencing of a path: step h is added to step h - lag, known or forecast."""
        lag, count = self.lag, self.output_steps
        if not lag:
            return steps
        rounds = -(-count // lag)
        padded = ops.pad(steps, ((0, 0), (0, rounds * lag - count), (0, 0), (0, 0)))
        folded = ops.reshape(padded, (-1, rounds, lag, *steps.shape[2:]))
        path = ops.cumsum(folded, axis=1) + known[:, None, -lag:]
        return ops.reshape(path, (-1, rounds * lag, *steps.shape[2:]))[:, :count]


class Spread(keras.layers.Layer):
    """Learn the expected absolute error of each step; after training, keep the errors of validation rows.

    The errors are what intervals are calibrated on. The spread stands for them until there are any.
    """

    def build(self, shape: tuple[int, ...]) -> None:
        """Initialise as for a random walk, without errors: an age below 0 means none."""
        _, steps, _, values = shape
        walk = np.log(0.1 * np.sqrt(np.arange(1, steps + 1)))[:, None].repeat(values, axis=1)
        self.log_spread = self._variable("log_spread", walk, trainable=True)
        self.sizes = self._variable("sizes", np.full((PERIODS, steps, values), -1.0), trainable=False)
        self.ages = self._variable("ages", np.full(PERIODS, -1.0), trainable=False)

    def _variable(self, name: str, start: Any, trainable: bool) -> Any:
        def initializer(shape: Any, dtype: Any = None) -> Any:
            return ops.convert_to_tensor(start, dtype)

        return self.add_weight(shape=start.shape, initializer=initializer, trainable=trainable, name=name)

    def call(self, members: Any) -> Any:
        """Append the log spread to the forecasts like another member: (B, H, M + 1, V)."""
        spread = ops.zeros_like(members[:, :, :1]) + self.log_spread[None, :, None]
        return ops.concatenate([members, spread], axis=2)

    def keep(self, past: PastErrors) -> None:
        """Save the errors of at most `PERIODS` periods; a size below 0 is unknown."""
        missing = PERIODS - len(past.ages)
        sizes = np.nan_to_num(past.sizes, nan=-1.0)
        self.sizes.assign(np.pad(sizes, ((0, missing), (0, 0), (0, 0)), constant_values=-1.0))
        self.ages.assign(np.pad(past.ages, (0, missing), constant_values=-1.0))

    def kept(self) -> PastErrors:
        """Return the saved errors; before any are saved, the spread as those of one period."""
        sizes, ages = np.asarray(self.sizes, np.float64), np.asarray(self.ages, np.float64)
        if (ages < 0).all():
            return PastErrors(np.exp(np.asarray(self.log_spread, np.float64))[None], np.zeros(1))
        return PastErrors(np.where(sizes < 0, np.nan, sizes)[ages >= 0], ages[ages >= 0])


class PathLoss(keras.losses.Loss):
    """Mean absolute error of every member, plus the Laplace negative log-likelihood of their mean's spread.

    Unknown targets are NaN and left out. Each member learns from its own errors alone, so that it is a
    forecaster by itself; no gradient of the spread reaches the forecasts.
    """

    def call(self, truth: Any, predicted: Any) -> Any:
        """Return the loss of (B, H, M + 1, V) given the truth (B, H, V): (B,)."""
        known = ops.logical_not(ops.isnan(truth))
        truth = ops.where(known, truth, 0.0)
        known = ops.cast(known, predicted.dtype)
        members, log_spread = predicted[:, :, :-1], predicted[:, :, -1]
        errors = ops.mean(ops.abs(members - truth[:, :, None]), axis=2)
        distance = ops.stop_gradient(ops.abs(ops.mean(members, axis=2) - truth))
        negative_log_likelihood = log_spread + distance * ops.exp(-log_spread)
        return ops.mean((errors + negative_log_likelihood) * known, axis=(1, 2))
