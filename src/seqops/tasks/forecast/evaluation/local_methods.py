"""Baselines of many series: methods are fitted to each series by itself, on all rows before the origin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import pandas as pd
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from seqops.core.array_cache import ArrayCache
from seqops.core.files import sha256_of
from seqops.core.interfaces import Meta
from seqops.core.ragged import Array, Split
from seqops.core.records import Baseline
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.runtime.console import err
from seqops.tasks.forecast.evaluation.local.arima import arima
from seqops.tasks.forecast.evaluation.local.ets import ets
from seqops.tasks.forecast.evaluation.local.naive import drift, naive, naive2, seasonal_naive
from seqops.tasks.forecast.evaluation.local.panel import LocalForecast, Panel
from seqops.tasks.forecast.evaluation.local.theta import theta
from seqops.tasks.forecast.model.classical.choice import without_gaps
from seqops.tasks.forecast.model.classical.methods import Floats
from seqops.tasks.forecast.model.intervals import cells
from seqops.tracking.code_closure import closure


@dataclass(frozen=True)
class LocalMethod:
    """A named method; slow: whether its forecasts are worth keeping."""

    name: str
    kind: Literal["trivial", "classical"]
    forecast: Callable[[Panel], LocalForecast]
    slow: bool = False


METHODS = (
    LocalMethod("naive", "trivial", naive),
    LocalMethod("seasonal-naive", "trivial", seasonal_naive),
    LocalMethod("drift", "classical", drift),
    LocalMethod("naive2", "classical", naive2),
    LocalMethod("theta", "classical", theta),
    LocalMethod("ets", "classical", ets, slow=True),
    LocalMethod("arima", "classical", arima, slow=True),
)


def all_of(
    test: Split, meta: Meta, cache: ArrayCache, methods: Sequence[LocalMethod] = METHODS
) -> list[Baseline]:
    """Forecast every test row, each value column by itself; validation rows are but a part of the history."""
    history = test.ragged("history")
    columns = range(len(meta["values"]))
    histories = [without_gaps(history[row][:, c]) for row in range(len(test)) for c in columns]
    panel, order = Panel.of(histories, meta["season"], meta["horizon"])
    place = np.argsort(order)
    fallback = seasonal_naive(panel)
    found = []
    for method in _with_progress(methods, len(histories)):
        forecast = _cached(method, panel, cache) if method.slow else method.forecast(panel)
        forecast, failed = forecast.completed(fallback)
        found.append(_baseline(method, forecast.take(place), failed, len(columns)))
    return found


def _baseline(method: LocalMethod, forecast: LocalForecast, failed: int, columns: int) -> Baseline:
    """Convert the forecasts of n x V histories; failed: the number of those by the seasonal naive."""
    settings = [forecast.settings]
    if failed:
        histories = f"{failed:,} of {len(forecast.mean):,} histories"
        settings.append(f"{method.name} failed on {histories}: seasonal naive there")
    paths = {"mean": forecast.mean}
    paths |= {column(level): forecast.quantiles[..., i] for i, level in enumerate(LEVELS)}
    predicted = pd.DataFrame({name: cells(_by_row(path, columns)) for name, path in paths.items()})
    return Baseline(method.name, method.kind, predicted, settings="; ".join(filter(None, settings)))


def _by_row(path: Floats, columns: int) -> Floats:
    """Reshape (n x V, H) to (n, H, V)."""
    return path.reshape(-1, columns, path.shape[1]).transpose(0, 2, 1)


def _cached(method: LocalMethod, panel: Panel, cache: ArrayCache) -> LocalForecast:
    def compute() -> dict[str, Array]:
        found = method.forecast(panel)
        return {
            "mean": found.mean,
            "quantiles": found.quantiles,
            "settings": np.array(found.settings),
        }

    stored = cache.get(_key(method, panel), compute)
    return LocalForecast(stored["mean"], stored["quantiles"], str(stored["settings"]))


def _key(method: LocalMethod, panel: Panel) -> dict[str, Any]:
    """Return all that the forecasts depend on: the histories, the method's source and its libraries."""
    histories = hashlib.sha256(panel.start.tobytes() + panel.values.tobytes()).hexdigest()
    return {
        "method": method.name,
        "shape": list(panel.values.shape),
        "histories": histories,
        "season": panel.season,
        "horizon": panel.horizon,
        "source": {name: sha256_of(path) for name, path in closure([method.forecast.__module__]).items()},
        "libraries": {name: version(name) for name in ("numpy", "scipy", "statsmodels")},
    }


def _with_progress(methods: Sequence[LocalMethod], histories: int) -> Iterator[LocalMethod]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        bar = bars.add_task("", total=len(methods))
        for method in methods:
            bars.update(bar, description=f"baseline {method.name} of {histories:,} histories")
            yield method
            bars.advance(bar)
