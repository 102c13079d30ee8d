"""Exponential smoothing with every trend and season."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import LOGARITHM, NONE, Transform, positive

LONGEST_SEASON = 24
"""Longer seasons have too many states to be refitted at every origin."""
TRENDS = {"no trend": (None, False), "trend": ("add", False), "damped trend": ("add", True)}
Season = Literal["add", "mul"]


def candidates(season: int, horizon: int) -> list[Candidate]:
    """Return no, linear and damped trend by no, additive and multiplicative season; logarithms as well."""
    seasonal = 1 < season <= LONGEST_SEASON
    kinds: list[tuple[Transform, Season | None]] = [(NONE, None), (LOGARITHM, None)]
    if seasonal:
        kinds += [(NONE, "add"), (NONE, "mul"), (LOGARITHM, "add")]
    return [_candidate(transform, trend, kind, season) for transform, kind in kinds for trend in TRENDS]


def _candidate(transform: Transform, trend: str, kind: Season | None, season: int) -> Candidate:
    names = {None: "no season", "add": "additive season", "mul": "multiplicative season"}
    fewest = max(10, 3 * season if kind else 0)
    found = transform.candidate(f"{trend}, {names[kind]}", _fit(trend, kind, season), fewest)
    return Candidate(found.settings, found.fit, fewest, positive) if kind == "mul" else found


def _fit(trend: str, kind: Season | None, season: int) -> Callable[[Floats, int], Forecaster]:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    form = {
        "trend": TRENDS[trend][0],
        "damped_trend": TRENDS[trend][1],
        "seasonal": kind,
        "seasonal_periods": season if kind else None,
    }

    def fit(past: Floats, horizon: int) -> Forecaster:
        found = ExponentialSmoothing(past, **form).fit()
        parameters = found.params

        def forecast(new: Floats) -> Floats:
            if not len(new):
                return np.asarray(found.forecast(horizon), np.float64)
            start = {"initial_level": parameters["initial_level"]}
            if trend != "no trend":
                start["initial_trend"] = parameters["initial_trend"]
            if kind:
                start["initial_seasonal"] = parameters["initial_seasons"]
            longer = ExponentialSmoothing(
                np.concatenate([past, new]), initialization_method="known", **form, **start
            )
            names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
            used = {n: parameters[n] for n in names if np.isfinite(parameters[n])}
            return np.asarray(longer.fit(optimized=False, **used).forecast(horizon), np.float64)

        return forecast

    return fit
