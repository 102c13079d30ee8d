"""Evaluation of forecasts: baselines, slices, drift features, examples and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.array_cache import ArrayCache
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline, Plot
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.evaluation import baselines, drift_features, plots
from seqops.tasks.forecast.evaluation.ready_made import ready_made
from seqops.tasks.forecast.metrics import Metrics


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Naive and classical forecasts from the same origins, and plots of errors."""

    data: Dataset
    metrics: Metrics
    cache: ArrayCache = field(default_factory=ArrayCache)

    def cached_in(self, folder: Path) -> Evaluation:
        """Return this evaluation with the fits to many series kept in a folder."""
        return replace(self, cache=ArrayCache(folder))

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Forecast from the same origins by naive and classical methods; add those given with the data."""
        found = baselines.all_of(splits, meta, self.cache, model_kind)
        return [*found, *ready_made(splits["test"], meta, {baseline.name for baseline in found})]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Select the origins whose whole backtest horizon is known, and the series with a short past."""
        last = truth.plain("targets")[:, meta["backtest_horizon"] - 1, 0]
        found = {"whole horizon known": np.isfinite(last)}
        if meta["unit"] == "series":
            lengths = truth.ragged("history").lengths
            short = f"shorter than two windows ({2 * meta['window']} rows)"
            found[short] = lengths < 2 * meta["window"]
        return found

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return changes of the scaled values, not their level: steady growth is not drift."""
        return drift_features.drift_features(split, meta)

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Format the first steps of each forecast as text."""
        return plots.examples(predicted, truth, meta)

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Format the end of each history and the steps after it as text."""
        return plots.rows(split, meta)

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the long forecast, the error by step and the calibration of the quantiles."""
        return plots.plots(predicted, truth, meta)

    def tables(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Return the share below and the pinball loss of each quantile of the backtest."""
        table = plots.quantile_table(predicted, truth, meta)
        return {"Quantiles of the backtest": table.map(lambda number: f"{number:.4g}")}
