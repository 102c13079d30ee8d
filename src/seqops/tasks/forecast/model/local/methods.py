"""The methods that are fitted to each of many series, and those that may be the model of the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from seqops.tasks.forecast.data.model_settings import LocalKind
from seqops.tasks.forecast.model.local.arima import arima
from seqops.tasks.forecast.model.local.combination import average
from seqops.tasks.forecast.model.local.ets import ets
from seqops.tasks.forecast.model.local.naive import drift, naive, naive2, seasonal_naive
from seqops.tasks.forecast.model.local.panel import LocalForecast, Panel
from seqops.tasks.forecast.model.local.theta import theta


@dataclass(frozen=True)
class LocalMethod:
    """A named method.

    slow: whether its forecasts are worth keeping; model_kind: the `model.kind` by which it is the model of
    the task, if it may be.
    """

    name: str
    kind: Literal["trivial", "classical"]
    forecast: Callable[[Panel], LocalForecast]
    slow: bool = False
    model_kind: LocalKind | None = None


@dataclass(frozen=True)
class Combination:
    """The mean of the forecasts of other methods."""

    name: str
    parts: tuple[LocalMethod, ...]
    model_kind: LocalKind
    kind: Literal["classical"] = "classical"


NAIVE = (
    LocalMethod("naive", "trivial", naive),
    LocalMethod("seasonal-naive", "trivial", seasonal_naive),
    LocalMethod("drift", "classical", drift),
    LocalMethod("naive2", "classical", naive2),
)
FITTED = (
    LocalMethod("theta", "classical", theta, model_kind="theta"),
    LocalMethod("ets", "classical", ets, slow=True, model_kind="ets"),
    LocalMethod("arima", "classical", arima, slow=True, model_kind="arima"),
)
METHODS = (*NAIVE, *FITTED, Combination("combination", FITTED, "combination"))
MODELS: Mapping[LocalKind, LocalMethod | Combination] = {m.model_kind: m for m in METHODS if m.model_kind}

Fit = Callable[[LocalMethod, Panel], LocalForecast]


@lru_cache(maxsize=len(FITTED))
def fitted(method: LocalMethod, panel: Panel) -> LocalForecast:
    """Forecast the series of a panel, once if a model, its parts and the baselines ask for the same."""
    return method.forecast(panel)


def forecast(method: LocalMethod | Combination, panel: Panel, fit: Fit) -> LocalForecast:
    """Forecast the series of a panel; fit: how a single method does."""
    if isinstance(method, Combination):
        return average([fit(part, panel) for part in method.parts])
    return fit(method, panel)
