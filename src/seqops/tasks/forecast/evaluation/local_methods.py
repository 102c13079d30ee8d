"""Baselines of many series: methods are fitted to each series by itself, on all rows before the origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from seqops.core.array_cache import ArrayCache
from seqops.core.files import sha256_of
from seqops.core.interfaces import Meta
from seqops.core.ragged import Array, Split
from seqops.core.records import Baseline
from seqops.runtime.console import err
from seqops.tasks.forecast.model.local.histories import by_row, panel_of, to_table
from seqops.tasks.forecast.model.local.methods import (
    Combination,
    LocalMethod,
    fitted,
    forecast,
)
from seqops.tasks.forecast.model.local.naive import seasonal_naive
from seqops.tasks.forecast.model.local.panel import LocalForecast, Panel
from seqops.tracking.code_closure import closure


def all_of(
    test: Split, meta: Meta, cache: ArrayCache, methods: Sequence[LocalMethod | Combination]
) -> list[Baseline]:
    """Forecast every test row, each value column by itself; validation rows are but a part of the history."""
    panel, order = panel_of(test, meta)
    place = np.argsort(order)
    fallback = seasonal_naive(panel)

    def fit(method: LocalMethod, panel: Panel) -> LocalForecast:
        return _cached(method, panel, cache) if method.slow else fitted(method, panel)

    found = []
    for method in _with_progress(methods, len(place)):
        path, failed = forecast(method, panel, fit).completed(fallback)
        found.append(_baseline(method, path.take(place), failed, len(meta["values"])))
    return found


def _baseline(
    method: LocalMethod | Combination, forecast: LocalForecast, failed: int, columns: int
) -> Baseline:
    """Convert the forecasts of n x V histories; failed: the number of those by the seasonal naive."""
    settings = [forecast.settings]
    if failed:
        histories = f"{failed:,} of {len(forecast.mean):,} histories"
        settings.append(f"{method.name} failed on {histories}: seasonal naive there")
    predicted = to_table(by_row(forecast.mean, columns), by_row(forecast.quantiles, columns))
    described = "; ".join(filter(None, settings))
    return Baseline(
        method.name, method.kind, predicted, settings=described, model_kind=method.model_kind or ""
    )


def _cached(method: LocalMethod, panel: Panel, cache: ArrayCache) -> LocalForecast:
    def compute() -> dict[str, Array]:
        found = fitted(method, panel)
        return {
            "mean": found.mean,
            "quantiles": found.quantiles,
            "settings": np.array(found.settings),
        }

    stored = cache.get(_key(method, panel), compute)
    return LocalForecast(stored["mean"], stored["quantiles"], str(stored["settings"]))


def _key(method: LocalMethod, panel: Panel) -> dict[str, Any]:
    """Return all that the forecasts depend on: the histories, the method's source and its libraries."""
    return {
        "method": method.name,
        "shape": list(panel.values.shape),
        "histories": panel.digest,
        "season": panel.season,
        "horizon": panel.horizon,
        "source": {name: sha256_of(path) for name, path in closure([method.forecast.__module__]).items()},
        "libraries": {name: version(name) for name in ("numpy", "scipy", "statsmodels")},
    }


def _with_progress(
    methods: Sequence[LocalMethod | Combination], histories: int
) -> Iterator[LocalMethod | Combination]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        bar = bars.add_task("", total=len(methods))
        for method in methods:
            bars.update(bar, description=f"baseline {method.name} of {histories:,} histories")
            yield method
            bars.advance(bar)
