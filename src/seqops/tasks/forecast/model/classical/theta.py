"""The theta method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster
from seqops.tasks.forecast.model.classical.transforms import LOGARITHM, NONE, positive

Season = Literal["additive", "multiplicative"]


def candidates(season: int, horizon: int) -> list[Candidate]:
    """Return no, additive and multiplicative season, on values and logarithms."""
    found = [transform.candidate("no season", _fit(None, 1), 4) for transform in (NONE, LOGARITHM)]
    if season > 1:
        fit = _fit("additive", season)
        found += [t.candidate("additive season", fit, 2 * season) for t in (NONE, LOGARITHM)]
        fit = _fit("multiplicative", season)
        found.append(Candidate("multiplicative season", fit, 2 * season, positive))
    return found


def _fit(kind: Season | None, season: int) -> Callable[[Floats, int], Forecaster]:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    def fit(past: Floats, horizon: int) -> Forecaster:
        def forecast(new: Floats) -> Floats:
            model = ThetaModel(
                np.concatenate([past, new]),
                period=season if kind else None,
                deseasonalize=kind is not None,
                use_test=False,
                method=kind or "auto",
            )
            return np.asarray(model.fit().forecast(horizon), np.float64)

        return forecast

    return fit
