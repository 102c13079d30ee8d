"""A `model.kind` without a network: a method of one series, or one that is fitted to each of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.tasks.forecast.data.model_settings import ClassicalKind, local_kind, single_kind
from seqops.tasks.forecast.model.classical.forecaster import ChosenSettings, ClassicalForecaster
from seqops.tasks.forecast.model.local.forecaster import Corrections, LocalForecaster


@dataclass(frozen=True)
class ClassicalMethod(ClassicalModel):
    """The method of a kind; the encoding says whether its rows are of many series."""

    kind: ClassicalKind

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> ChosenSettings | Corrections:
        """Choose what validation rows choose. Raises ConfigError for a kind that the series rule out."""
        fitted: ChosenSettings | Corrections = self._of(meta).fit(metrics, splits, meta)
        return fitted

    def predict(self, model: ChosenSettings | Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` and the quantiles `q0.025` ... `q0.975`: flat cells (H x V,)."""
        return self._of(meta).predict(model, split, meta)

    def backtest(self, model: ChosenSettings | Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast like `predict`, with intervals updated by the errors that are known at each origin."""
        return self._of(meta).backtest(model, split, meta)

    def validate(self, model: ChosenSettings | Corrections, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast at least `mean`."""
        return self._of(meta).validate(model, split, meta)

    def registered_weights(self, weights: Path, test: Split, meta: Meta, folder: Path) -> Path:
        """Save, of one series, the errors at the test origins, too."""
        return self._of(meta).registered_weights(weights, test, meta, folder)

    def to_arrays(self, model: ChosenSettings | Corrections) -> Mapping[str, Array]:
        """Return what validation rows chose."""
        return model.to_arrays()

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> ChosenSettings | Corrections:
        """Return what validation rows chose, from its arrays."""
        fitted: ChosenSettings | Corrections = self._of(meta).from_arrays(arrays, meta)
        return fitted

    def _of(self, meta: Meta) -> ClassicalModel:
        if meta["unit"] == "series":
            return LocalForecaster(local_kind(self.kind))
        return ClassicalForecaster(single_kind(self.kind))
