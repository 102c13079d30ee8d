"""A method that is fitted to each of many series, as the model of the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.tasks.forecast.data.model_settings import LocalKind
from seqops.tasks.forecast.data.scaling import naive_error
from seqops.tasks.forecast.model.adaptive_levels import adapted
from seqops.tasks.forecast.model.classical.fitting import quiet_single_thread
from seqops.tasks.forecast.model.intervals import cells
from seqops.tasks.forecast.model.local.histories import by_row, panel_of, to_table
from seqops.tasks.forecast.model.local.methods import MODELS, fitted, forecast
from seqops.tasks.forecast.model.local.naive import seasonal_naive
from seqops.tasks.forecast.model.local.panel import Floats
from seqops.tasks.forecast.model.quantile_calibration import corrections, outwards

MOST = 2_000
"""Validation rows that the quantiles are calibrated at, at most: a method is fitted to each of them."""


@dataclass(frozen=True)
class Corrections:
    """What is added to the quantiles of each step: (H, V, Q), in units of the seasonal naive error."""

    sizes: Floats

    def to_arrays(self) -> Mapping[str, Array]:
        """Return all that the model is."""
        return {"corrections": self.sizes}


@dataclass(frozen=True)
class LocalForecaster(ClassicalModel):
    """A method that is fitted to the whole history of every row, of a series seen before or not."""

    kind: LocalKind

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> Corrections:
        """Calibrate the quantiles on validation rows; there is nothing else that series have in common."""
        rows = thinned(splits["validation"])
        _, quantiles = self._forecasts(rows, meta)
        truth = np.asarray(rows.plain("targets"), np.float64)
        size = _sizes(rows, meta)
        return Corrections(corrections(truth / size, quantiles / size[..., None]))

    def predict(self, model: Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` and the quantiles `q0.025` ... `q0.975`: flat cells (H x V,)."""
        return to_table(*self._calibrated(model, split, meta))

    def backtest(self, model: Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast like `predict`, with quantiles adapted to the errors that are known at each origin."""
        mean, quantiles = self._calibrated(model, split, meta)
        truth = np.asarray(split.plain("targets"), np.float64)
        return to_table(mean, adapted(quantiles, truth, split.plain("series"), split.plain("period")))

    def validate(self, model: Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` alone."""
        return pd.DataFrame({"mean": cells(self._forecasts(split, meta)[0])})

    def to_arrays(self, model: Corrections) -> Mapping[str, Array]:
        """Return the corrections."""
        return model.to_arrays()

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> Corrections:
        """Return the corrections of the arrays."""
        return Corrections(arrays["corrections"])

    def _calibrated(self, model: Corrections, split: Split, meta: Meta) -> tuple[Floats, Floats]:
        mean, quantiles = self._forecasts(split, meta)
        return mean, outwards(quantiles + _sizes(split, meta)[..., None] * model.sizes)

    def _forecasts(self, split: Split, meta: Meta) -> tuple[Floats, Floats]:
        """Forecast every row: (n, H, V) and its quantiles (n, H, V, Q).

        What the method cannot be fitted to has the seasonal naive forecast.
        """
        panel, order = panel_of(split, meta)
        with quiet_single_thread():
            found = forecast(MODELS[self.kind], panel, fitted)
        found, columns = (
            found.completed(seasonal_naive(panel))[0].take(np.argsort(order)),
            len(meta["values"]),
        )
        return by_row(found.mean, columns), by_row(found.quantiles, columns)


def thinned(validation: Split) -> Split:
    """Select rows of which all steps are known, if there are too many rows, and of these some, evenly."""
    if len(validation) <= MOST:
        return validation
    known = np.isfinite(validation.plain("targets")).all(axis=(1, 2))
    rows = np.flatnonzero(known) if known.any() else np.arange(len(validation))
    if len(rows) > MOST:
        rows = rows[np.linspace(0, len(rows) - 1, MOST).round().astype(np.int64)]
    return validation.take(rows)


def _sizes(split: Split, meta: Meta) -> Floats:
    """Return the error of the seasonal naive forecast in the history of each row: (n, 1, V)."""
    history, columns = split.ragged("history"), len(meta["values"])
    return np.stack([naive_error(history[i][:, :columns], meta["season"]) for i in range(len(split))])[
        :, None
    ]
