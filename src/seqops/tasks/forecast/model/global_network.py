"""The network of `data.scaling: window`: one for all series, with learnt quantiles."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import ops

from seqops.core.interfaces import Batch, Meta
from seqops.core.ragged import Split
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.adaptive_levels import adapted
from seqops.tasks.forecast.model.intervals import cells
from seqops.tasks.forecast.model.layers import Body
from seqops.tasks.forecast.model.pretrained import load_pretrained
from seqops.tasks.forecast.model.quantile_calibration import QuantileCalibration, corrections, outwards
from seqops.tasks.forecast.model.quantile_forecaster import MEDIAN, QuantileForecaster
from seqops.tasks.forecast.model.window_scaling import WindowScaling
from seqops.tasks.forecast.model.window_smoothing import WindowSmoothing

Floats = npt.NDArray[np.float64]
ROWS = 1024
"""Rows that are predicted at once."""
MOST = 50_000
"""Origins that the quantiles are calibrated at, at most: a random part, so that memory stays flat."""


class QuantileLoss(keras.losses.Loss):
    """Half the error of the median plus 0.3 times the mean pinball loss, by the scale of the series.

    In the units of the series, over the known targets of a batch; each member learns from its own errors.
    """

    def __init__(self, log: bool) -> None:
        super().__init__()
        self.log = log

    def call(self, truth: Any, predicted: Any) -> Any:
        """Return the loss of (B, H, M, V, Q) given targets and scales (B, H, V, 2): (B,).

        Rows are weighted so that their mean is that of all known targets.
        """
        targets, scale = truth[..., 0], truth[..., 1]
        known = ops.isfinite(targets)
        forecast = ops.exp(predicted) if self.log else predicted
        error = ops.where(known, targets, 0.0)[:, :, None, :, None] - forecast
        levels = ops.convert_to_tensor(LEVELS, dtype=error.dtype)
        pinball = ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)
        loss = ops.mean(0.5 * ops.abs(error[..., MEDIAN]) + 0.3 * pinball, axis=2) / scale
        counted = ops.cast(known, loss.dtype)
        rows = ops.sum(ops.where(known, loss, 0.0), axis=(1, 2))
        return rows * ops.cast(ops.shape(rows)[0], loss.dtype) / ops.maximum(ops.sum(counted), 1.0)


def build(body: Body, meta: Meta, kind: str, optimizer: keras.Optimizer | str) -> keras.Model:
    """Build the graph: figures (B, W, V + C), calendar (B, W + H, K), kinds (B, S) -> (B, H, M, V, Q).

    Its initial weights are those of `data.pretrained`, if that is set.
    """
    values, covariates = len(meta["values"]), len(meta["covariates"])
    window, horizon, season = meta["window"], meta["horizon"], meta["season"]
    figures = keras.Input((window, values + covariates), name="figures")
    calendar = keras.Input((window + horizon, meta["calendar_size"]), name="calendar")
    kinds = keras.Input((sum(map(len, _known_kinds(meta))),), name="kinds")
    scaled = WindowScaling(season, meta["log"], "window_scaling")(figures[..., :values])
    smoothing = None
    if kind == "es_lstm":
        smoothing = WindowSmoothing(season, horizon, values, body.ensemble_size, "smoothing")
    forecaster = QuantileForecaster(body, values, season, horizon, smoothing, "ensemble")
    inputs = ops.concatenate([figures[..., values:], calendar[:, :window]], axis=-1)
    out = forecaster(scaled, inputs, calendar[:, window:], kinds)
    quantiles = QuantileCalibration(name="calibration")(out, scaled.level, scaled.size)
    model = keras.Model([figures, calendar, kinds], quantiles, name=kind)
    load_pretrained(model, meta)
    model.compile(optimizer=optimizer, loss=QuantileLoss(meta["log"]), jit_compile=False)
    return model


def batch(split: Split, meta: Meta) -> Batch:
    """Return windows, padded on the left with NaN; targets with the scale of their series, (B, H, V, 2)."""
    targets = np.asarray(split.stacked("targets"), np.float32)
    scale = np.broadcast_to(np.asarray(split.plain("scale"), np.float32)[:, None], targets.shape)
    return _inputs(split, meta), np.stack([targets, scale], axis=-1), np.ones(len(split), np.float32)


def _inputs(split: Split, meta: Meta) -> dict[str, npt.NDArray[np.float32]]:
    history, window, values = split.ragged("history"), meta["window"], len(meta["values"])
    rows = history.ends[:, None] + np.arange(-window, 0)
    inside = rows >= (history.ends - history.lengths)[:, None]
    figures = np.where(inside[..., None], history.values[np.maximum(rows, 0)], np.nan)
    if meta["covariates"]:
        scaled = Scale.from_meta(meta, "covariates").forward(figures[..., values:])
        figures = np.concatenate([figures[..., :values], np.nan_to_num(scaled)], axis=-1)
    calendar = np.array(split.stacked("calendar"), np.float32)
    calendar[:, :window] *= inside[..., None]
    return {"figures": figures.astype(np.float32), "calendar": calendar, "kinds": _kinds(split, meta)}


def _kinds(split: Split, meta: Meta) -> npt.NDArray[np.float32]:
    """Return 1 for each static text of a series, (n, all kinds); an unknown one is 0 everywhere.

    The layer that reads them has a vector of weights for each.
    """
    known = _known_kinds(meta)
    columns = [
        split.plain("static")[:, column, None] == np.arange(1, len(texts) + 1)
        for column, texts in enumerate(known)
    ]
    return np.concatenate([np.zeros((len(split), 0)), *columns], axis=1).astype(np.float32)


def _known_kinds(meta: Meta) -> list[list[str]]:
    return list(meta.get("static", {}).values())


def predict(model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
    """Forecast `mean`, which is the median, and the quantile of every level: flat cells (H x V,)."""
    return _forecasts(outwards(_quantiles(model, split, meta)), meta)


def backtest(model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
    """Forecast like `predict`, with quantiles adapted to the errors that are known at each origin."""
    quantiles = outwards(_quantiles(model, split, meta))
    truth = _of_network(np.asarray(split.plain("targets"), np.float64), meta)
    series, periods = split.plain("series"), split.plain("period")
    return _forecasts(adapted(quantiles, truth, series, periods), meta)


def _forecasts(quantiles: Floats, meta: Meta) -> pd.DataFrame:
    quantiles = _in_units(quantiles, meta)
    levels = {column(level): cells(quantiles[..., q]) for q, level in enumerate(LEVELS)}
    return pd.DataFrame({"mean": levels[column(0.5)], **levels})


def validate(model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
    """Forecast `mean` alone."""
    return pd.DataFrame({"mean": cells(_in_units(_quantiles(model, split, meta)[..., MEDIAN], meta))})


def calibrate(model: keras.Model, split: Split, meta: Meta) -> None:
    """Save the corrections of the quantiles at the origins of the split."""
    layer = model.get_layer("calibration")
    layer.corrections.assign(np.zeros(layer.corrections.shape))
    if len(split) > MOST:
        split = split.take(np.sort(np.random.default_rng(0).permutation(len(split))[:MOST]))
    level, size = _scales(model, split, meta)
    targets = _of_network(np.asarray(split.plain("targets"), np.float64), meta)
    truth = (targets - level[:, None]) / size[:, None]
    scaled = (_quantiles(model, split, meta) - level[:, None, :, None]) / size[:, None, :, None]
    layer.corrections.assign(corrections(truth, scaled))


def _quantiles(model: keras.Model, split: Split, meta: Meta) -> Floats:
    """Average the quantiles of the members, in the units of the network: (n, H, V, Q)."""
    out = model.predict(_inputs(split, meta), batch_size=ROWS, verbose=0)
    mean: Floats = np.asarray(out, np.float64).mean(axis=2)
    return mean


def _scales(model: keras.Model, split: Split, meta: Meta) -> tuple[Floats, Floats]:
    """Return level and size of each window, (n, V) each."""
    figures = _inputs(split, meta)["figures"][..., : len(meta["values"])]
    scaled = model.get_layer("window_scaling")(figures)
    return np.asarray(scaled.level, np.float64), np.asarray(scaled.size, np.float64)


def _of_network(y: Floats, meta: Meta) -> Floats:
    """Return values in the units of the network."""
    x: Floats = np.log(y) if meta["log"] else y
    return x


def _in_units(x: Floats, meta: Meta) -> Floats:
    units: Floats = np.exp(x) if meta["log"] else x
    return units
