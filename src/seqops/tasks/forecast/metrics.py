"""Scores of the rolling backtest and of the one long forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score, Units
from seqops.metrics import forecasting, long_forecast


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """How forecasts are scored."""

    # The backtest, because the errors of one long forecast share one origin and are a single draw;
    # scaled errors, because MAPE favours forecasts that are too low (Hyndman and Koehler 2006).
    goal: ClassVar[Goal] = Goal("backtest_mase", higher_is_better=False)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score the backtest, then the long forecast if it is among the rows."""
        return forecasting.forecast_scores(predicted, truth, meta)

    def remarks(self, metrics: Mapping[str, Any], meta: Meta) -> Sequence[str]:
        """Compare the long forecast with those of baselines where the goal covers fewer steps."""
        return long_forecast.remarks(metrics, meta["horizon"], meta["backtest_horizon"])

    def units(self, truth: Split, meta: Meta) -> Units:
        """Return the origins, in order; the forecasts of consecutive ones overlap."""
        return forecasting.backtest_units(truth, meta)
