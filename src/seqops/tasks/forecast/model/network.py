"""Recurrent, dense and exponential smoothing networks that forecast a horizon with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Positive, Rate
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Batch, Meta, Model
from seqops.core.ragged import Split
from seqops.core.records import Ablation
from seqops.nn.layer_joints import LayerJoint
from seqops.tasks.forecast.data.derived import CountOrAuto, PositiveOrAuto
from seqops.tasks.forecast.data.gaps import filled
from seqops.tasks.forecast.data.model_settings import (
    ClassicalKind,
    LocalKind,
    check_global,
    check_window,
    is_classical,
)
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model import global_network
from seqops.tasks.forecast.model.classical_method import ClassicalMethod
from seqops.tasks.forecast.model.conformal import PastErrors
from seqops.tasks.forecast.model.intervals import (
    calibration,
    cells,
    with_quantiles,
    with_rolling_quantiles,
)
from seqops.tasks.forecast.model.layers import Body, BodyKind, Direction, Ensemble, PathLoss, Spread
from seqops.tasks.forecast.model.local.forecaster import LocalForecaster
from seqops.tasks.forecast.model.mixture import ForecastMixture
from seqops.tasks.forecast.model.trend_damping import damped


@dataclass(frozen=True)
class Network(interfaces.Network):
    """An ensemble in one graph; members differ in their initial weights, and their mean is the forecast.

    Attributes
    ----------
    kind
        `lstm`, `gru` or `simple_rnn`; `dense`, a feed-forward network over the window; `es_lstm`, exponential
        smoothing whose forecast an LSTM corrects; or a method without a network: `ar`, `direct_regression`,
        `ets`, `theta`, `sarima`, `harmonic_arima` or `climatology`; of many series `ets`, `theta`, `arima` or
        `combination`.
    direction
        `forward`, or `both`: bidirectional recurrent layers, since the window is known as a whole at the
        origin. `dense` takes `forward` only.
    layers
        Recurrent or dense layers.
    units
        Units of each layer; of each direction if bidirectional.
    dropout
        Share of each layer's outputs dropped in training.
    recurrent_dropout
        Share of the state that a recurrent layer drops in training, the same part at every step of a window
        (Gal and Ghahramani 2016); above 0 training is slower. `dense` ignores it.
    layer_norm
        Whether the outputs of each layer are normalised (Ba et al. 2016), in each member and each
        direction by itself.
    residual
        Whether the input of each layer from the second on is added to its output (He et al. 2016).
    ensemble_size
        Members of the ensemble.
    output_steps
        Steps forecast in one pass: `auto`, the horizon, for the direct strategy; fewer for the recursive one.
    difference
        Lag of the differences taken before the network and undone after it; 0: none, as `es_lstm` requires;
        `auto`: the season if the training rows show one, else 1 or 0. Beyond the first season of a forecast
        they fade.
    mixture
        Method whose forecasts of many series are averaged with those of the network, `theta`, `ets`,
        `arima` or `combination`, with the weight that is best on validation rows; `none`: the network alone.
    """

    kind: Literal["lstm", "gru", "simple_rnn", "dense", "es_lstm", ClassicalKind]
    direction: Direction
    layers: Positive
    units: Positive
    dropout: Rate
    recurrent_dropout: Rate
    layer_norm: bool
    residual: bool
    ensemble_size: Positive
    output_steps: PositiveOrAuto
    difference: CountOrAuto
    mixture: Literal["none", LocalKind]

    def __post_init__(self) -> None:
        if is_classical(self.kind) and self.mixture != "none":
            raise ValueError("only a network is mixed: set mixture to none, or kind to a network")

    def configured(self) -> Model:
        """Return the classical method, if that is the kind, or else this network, alone or mixed with one."""
        if is_classical(self.kind):
            return ClassicalMethod(self.kind)
        return self if self.mixture == "none" else ForecastMixture(self, LocalForecaster(self.mixture))

    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build the graph: figures (B, W, V + C), calendar (B, W + H, K) -> (B, H, M + 1, V)."""
        check_window(vars(self), meta["window"], meta["season"])
        if self.kind == "dense" and self.direction == "both":
            raise ConfigError(
                "model.direction must be forward with model.kind dense, which reads the whole window at once."
            )
        if is_global(meta):
            check_global(vars(self), meta["horizon"])
            return global_network.build(self._body(), meta, self.kind, optimizer)
        columns = len(meta["values"]) + len(meta["covariates"])
        steps = meta["window"] + meta["horizon"]
        figures = keras.Input((meta["window"], columns), name="figures")
        calendar = keras.Input((steps, meta["calendar_size"]), name="calendar")
        members = self._ensemble(meta)(figures, calendar)
        model = keras.Model([figures, calendar], Spread(name="spread")(members), name=self.kind)
        model.compile(optimizer=optimizer, loss=PathLoss(), jit_compile=False)
        return model

    def _ensemble(self, meta: Meta) -> Ensemble:
        return Ensemble(
            self._body(),
            len(meta["values"]),
            meta["window"],
            meta["horizon"],
            meta["horizon"] if self.output_steps == "auto" else int(self.output_steps),
            self._difference(meta),
            meta["season"] if self.kind == "es_lstm" else None,
            name="ensemble",
        )

    def _body(self) -> Body:
        kind = cast(BodyKind, "lstm" if self.kind == "es_lstm" else self.kind)
        joint = LayerJoint(self.residual, self.layer_norm)
        shape = (self.layers, self.units, self.dropout, self.recurrent_dropout, joint, self.ensemble_size)
        return Body(kind, self.direction, *shape, name="body")

    def _difference(self, meta: Meta) -> int:
        if self.difference != "auto":
            return int(self.difference)
        return 0 if self.kind == "es_lstm" else int(meta["difference"])

    def batch(self, split: Split, meta: Meta) -> Batch:
        """Scale the window before each origin, and the targets."""
        if is_global(meta):
            return global_network.batch(split, meta)
        targets = Scale.from_meta(meta, "values").forward(split.plain("targets")).astype(np.float32)
        return _inputs(split, meta), targets, np.ones(len(split), np.float32)

    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return 1 for every example: all windows have the same length."""
        return np.ones(len(split), np.int64)

    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` and the quantiles `q0.025`, `q0.05`, `q0.1` ... `q0.975`: flat cells (H x V,)."""
        if is_global(meta):
            return global_network.predict(model, split, meta)
        return with_quantiles(*self._forecasts(model, split, meta), _saved(model))

    def backtest(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast like `predict`, with intervals updated by the errors that are known at each origin."""
        if is_global(meta):
            return global_network.backtest(model, split, meta)
        mean, scale = self._forecasts(model, split, meta)
        return with_rolling_quantiles(mean, split, scale, _saved(model))

    def ablations(self, model: keras.Model, splits: Mapping[str, Split], meta: Meta) -> Sequence[Ablation]:
        """Forecast by the trained smoothing of `es_lstm` alone, with intervals of its own."""
        if self.kind != "es_lstm":
            return []
        alone = self.build(meta)
        alone.set_weights(model.get_weights())
        alone.get_layer("ensemble").remove_correction()
        self.calibrate(alone, splits["validation"], meta)
        return [Ablation("smoothing alone", "the LSTM", self.backtest(alone, splits["test"], meta))]

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` alone: there are no intervals before `calibrate`."""
        if is_global(meta):
            return global_network.validate(model, split, meta)
        mean, scale = self._forecasts(model, split, meta)
        return pd.DataFrame({"mean": cells(scale.backward(mean))})

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Save the errors at the validation origins, from which `predict` takes the width of intervals."""
        if is_global(meta):
            global_network.calibrate(model, split, meta)
            return
        mean, scale = self._forecasts(model, split, meta)
        model.get_layer("spread").keep(calibration(mean, split, scale))

    def registered_weights(self, weights: Path, test: Split, meta: Meta, folder: Path) -> Path:
        """Save the errors at the test origins, too: later forecasts know them, and they are the latest."""
        if is_global(meta):
            return weights
        model = self.build(meta)
        model.load_weights(weights)
        mean, scale = self._forecasts(model, test, meta)
        latest = calibration(mean, test, scale)
        elapsed = round(latest.ages.max(initial=-1)) + 1
        model.get_layer("spread").keep(_saved(model).followed_by(latest, elapsed).latest())
        model.save_weights(folder / weights.name)
        return folder / weights.name

    def _forecasts(
        self, model: keras.Model, split: Split, meta: Meta
    ) -> tuple[npt.NDArray[np.float64], Scale]:
        """Forecast the mean of the members in scaled units, (n, H, V); return it with the scale.

        Where the network forecasts seasonal differences, they fade beyond the first season.
        """
        inputs, season = _inputs(split, meta), self._difference(meta)
        out = np.asarray(model.predict(inputs, batch_size=256, verbose=0), np.float64)
        mean = out[:, :, :-1].mean(axis=2)
        if season > 1:
            last = inputs["figures"][:, -season:, : len(meta["values"])]
            mean = damped(mean, last.astype(np.float64))
        return mean, Scale.from_meta(meta, "values")


def is_global(meta: Meta) -> bool:
    """Return whether each window is scaled by itself, for one network of many series."""
    return meta.get("scaling") == "window"


def _saved(model: keras.Model) -> PastErrors:
    saved: PastErrors = model.get_layer("spread").kept()
    return saved


def _inputs(split: Split, meta: Meta) -> dict[str, npt.NDArray[np.float32]]:
    window, values = meta["window"], len(meta["values"])
    history = split.ragged("history")
    past = np.stack([filled(np.asarray(history[i][-window:]), "forward") for i in range(len(split))])
    targets = Scale.from_meta(meta, "values").forward(past[..., :values])
    covariates = Scale.from_meta(meta, "covariates").forward(past[..., values:])
    # a window without any value has the mean of the training rows
    figures = np.nan_to_num(np.concatenate([targets, covariates], axis=-1)).astype(np.float32)
    return {"figures": figures, "calendar": np.asarray(split.plain("calendar"), np.float32)}
