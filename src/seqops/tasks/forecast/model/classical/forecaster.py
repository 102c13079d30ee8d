"""A classical method as the model of the task: fitted to every history that it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import ConfigError, DataError
from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.tasks.forecast.data.model_settings import SingleKind
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.classical import catalog, fitting
from seqops.tasks.forecast.model.classical.choice import FIT_ERRORS, ranked, validation_paths, without_gaps
from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Method
from seqops.tasks.forecast.model.conformal import PastErrors
from seqops.tasks.forecast.model.intervals import calibration, with_quantiles, with_rolling_quantiles


@dataclass(frozen=True)
class ChosenSettings:
    """What the validation rows chose.

    seasonal: (V,) whether the candidates have the season; orders: for each value column, places among the
    candidates, best first; logarithms: whether errors are of logarithms; errors: those known so far.
    """

    seasonal: npt.NDArray[np.bool_]
    orders: tuple[npt.NDArray[np.int64], ...]
    logarithms: bool
    errors: PastErrors

    def scale(self, meta: Meta) -> Scale:
        """Return the scale of the errors."""
        scale = Scale.from_meta(meta, "values")
        return scale if self.logarithms == scale.log else fitting.plain_scale(meta)

    def to_arrays(self) -> Mapping[str, Array]:
        """Return the choices and the errors."""
        return {
            "seasonal": self.seasonal,
            "logarithms": np.array(self.logarithms),
            "sizes": self.errors.sizes,
            "ages": self.errors.ages,
            **{f"order.{column}": order for column, order in enumerate(self.orders)},
        }


@dataclass(frozen=True)
class ClassicalForecaster(ClassicalModel):
    """A method whose settings are chosen on validation rows, and which is fitted to every history."""

    kind: SingleKind

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> ChosenSettings:
        """Rank the settings by their error on validation rows. Raises DataError if none can be fitted."""
        method, validation = self._method(meta), splits["validation"]
        seasonal, orders, held = [], [], []
        with fitting.quiet_single_thread():
            for column in range(len(meta["values"])):
                paths = validation_paths(validation, column)
                seasonal.append(fitting.seasonal(paths, meta["season"]))
                candidates = fitting.candidates_of(method, seasonal[-1], meta)
                best = ranked(candidates, paths, meta["backtest_horizon"])
                if not best:
                    what = f"no settings of model.kind {self.kind} can be fitted to {meta['values'][column]}"
                    raise DataError(f"{what}: it has too few rows. Choose another kind.")
                orders.append(np.array([_place(candidate, candidates) for candidate in best], np.int64))
                held.append(fitting.held_forecasts(best, paths, meta["horizon"]))
        forecasts = np.stack(held, axis=-1)
        logarithms = Scale.from_meta(meta, "values").log and np.nanmin(forecasts, initial=np.inf) > 0
        chosen = ChosenSettings(
            np.array(seasonal), tuple(orders), bool(logarithms), PastErrors(np.zeros((0, 0, 0)), np.zeros(0))
        )
        scale = chosen.scale(meta)
        return replace(chosen, errors=calibration(scale.forward(forecasts), validation, scale))

    def predict(self, model: ChosenSettings, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` and the quantiles `q0.025` ... `q0.975`: flat cells (H x V,)."""
        scale = model.scale(meta)
        return with_quantiles(scale.forward(self._forecasts(model, split, meta)), scale, model.errors)

    def backtest(self, model: ChosenSettings, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast like `predict`, with intervals updated by the errors that are known at each origin."""
        scale = model.scale(meta)
        mean = scale.forward(self._forecasts(model, split, meta))
        return with_rolling_quantiles(mean, split, scale, model.errors)

    def registered_weights(self, weights: Path, test: Split, meta: Meta, folder: Path) -> Path:
        """Save the errors at the test origins, too: later forecasts know them, and they are the latest."""
        model: ChosenSettings = self.load(weights, meta)
        scale = model.scale(meta)
        latest = calibration(scale.forward(self._forecasts(model, test, meta)), test, scale)
        elapsed = round(latest.ages.max(initial=-1)) + 1
        errors = model.errors.followed_by(latest, elapsed).latest()
        self.save(replace(model, errors=errors), folder / weights.name)
        return folder / weights.name

    def to_arrays(self, model: ChosenSettings) -> Mapping[str, Array]:
        """Return the choices and the errors."""
        return model.to_arrays()

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> ChosenSettings:
        """Return the choices of the arrays."""
        seasonal = np.asarray(arrays["seasonal"], np.bool_)
        orders = tuple(arrays[f"order.{column}"] for column in range(len(seasonal)))
        errors = PastErrors(arrays["sizes"], arrays["ages"])
        return ChosenSettings(seasonal, orders, bool(arrays["logarithms"]), errors)

    def _method(self, meta: Meta) -> Method:
        found = catalog.methods(meta["season"], meta.get("seasons", ()))
        kinds = {method.model_kind: method for method in found if method.model_kind}
        if self.kind not in kinds:
            raise ConfigError(
                f"model.kind {self.kind} does not fit a season of {meta['season']}. Choose one of "
                f"{', '.join(kinds)}, or a network."
            )
        return kinds[self.kind]

    def _forecasts(self, model: ChosenSettings, split: Split, meta: Meta) -> Floats:
        """Forecast every row: (n, H, V). Raises DataError for a history that nothing can be fitted to."""
        method, history = self._method(meta), split.ragged("history")
        columns = []
        for column, order in enumerate(model.orders):
            candidates = fitting.candidates_of(method, bool(model.seasonal[column]), meta)
            best = [candidates[place] for place in order]
            pasts = [without_gaps(history[i][:, column]) for i in range(len(history))]
            settings = best, meta["horizon"], model.logarithms
            with fitting.quiet_single_thread():
                columns.append(np.stack([_forecast(past, i, *settings) for i, past in enumerate(pasts)]))
        return np.stack(columns, axis=-1)


def _place(candidate: Candidate, candidates: Sequence[Candidate]) -> int:
    return next(place for place, other in enumerate(candidates) if other is candidate)


def _forecast(past: Floats, row: int, best: Sequence[Candidate], horizon: int, positive: bool) -> Floats:
    """Forecast by the best setting that can be fitted: (H,); positive: whether values must be above 0."""
    reason = ""
    for place in range(len(best)):
        try:
            _, path = fitting.forecast(past, best[place:], horizon)
        except FIT_ERRORS as error:
            reason = str(error)
            continue
        if not positive or path.min() > 0:
            return path
        reason = "the forecast is 0 or less"
    what = f"input {row + 1}: no forecast of its {len(past)} values ({reason})"
    raise DataError(f"{what}. Give a longer history.")
