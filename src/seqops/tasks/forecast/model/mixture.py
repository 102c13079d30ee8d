"""The network of many series and methods that are fitted to each of them, averaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta, Metrics
from seqops.core.mixtures import FittedMixture, Mixture
from seqops.core.ragged import Array, Split
from seqops.core.score import named
from seqops.metrics.forecasting import unflatten
from seqops.tasks.forecast.model.local.forecaster import thinned
from seqops.tasks.forecast.model.local.histories import to_table
from seqops.tasks.forecast.model.local.panel import Floats

GRID = np.linspace(0.0, 1.0, 21)
"""Weights of the network that are tried."""


@dataclass(frozen=True)
class ForecastMixture(Mixture):
    """The weighted mean of both forecasts, and of their quantiles level by level."""

    def check(self, meta: Meta) -> None:
        """Raise ConfigError for rows of one series."""
        if meta["unit"] != "series":
            raise ConfigError(
                "model.mixture needs data.series: the weight is chosen by many series. Set it to none."
            )

    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the weight of the network with the best goal on at most 2,000 validation rows: (1,)."""
        rows = thinned(validation)
        network, classical = self._parts(model, rows, meta)

        def score(weight: float) -> float:
            mixed = to_table(*_mixed(network, classical, weight))
            scores = metrics.score(mixed, rows, meta)
            return named(scores, metrics.goal.metric).point()

        return GRID[[int(np.argmin([score(weight) for weight in GRID]))]]

    def predict(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Forecast `mean` and the quantiles `q0.025` ... `q0.975`: flat cells (H x V,)."""
        weight = float(model.weights[0])
        return to_table(*_mixed(*self._parts(model, split, meta), weight))

    def _parts(self, model: FittedMixture, split: Split, meta: Meta) -> tuple[Floats, Floats]:
        """Return the forecasts of the network and of the methods, `mean` and quantiles: (n, H, V, 1 + Q)."""
        shape = len(split), meta["horizon"], len(meta["values"])
        network = self.network.predict(model.network, split, meta)
        classical = self.classical.predict(model.classical, split, meta)
        first, second = (
            np.stack([unflatten(part[name], shape) for name in part.columns], axis=-1)
            for part in (network, classical)
        )
        return first, second


def _mixed(network: Floats, classical: Floats, weight: float) -> tuple[Floats, Floats]:
    found = weight * network + (1 - weight) * classical
    return found[..., 0], found[..., 1:]
