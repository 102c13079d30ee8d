"""Every method, and those that may be the model of the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from seqops.tasks.forecast.model.classical import (
    arima,
    autoregression,
    climatology,
    direct_regression,
    exponential_smoothing,
    harmonic_arima,
    theta,
)
from seqops.tasks.forecast.model.classical.methods import Method
from seqops.tasks.forecast.model.classical.naive_methods import (
    drift,
    drift_seasonal,
    naive,
    seasonal_naive,
    unfitted,
)

FITTED = (
    Method("ar", "classical", autoregression.candidates, "ar"),
    Method("direct-regression", "classical", direct_regression.candidates, "direct_regression"),
    Method("ets", "classical", exponential_smoothing.candidates, "ets"),
    Method("theta", "classical", theta.candidates, "theta"),
    Method("sarima", "classical", arima.candidates, "sarima"),
)
SHORT_SEASONS = {"ets": exponential_smoothing.LONGEST_SEASON, "sarima": arima.LONGEST_SEASON}
"""The longest season of the methods that have one."""


def methods(season: int, seasons: Sequence[float] = ()) -> tuple[Method, ...]:
    """Return every method; season: the lag of the seasonal naive, whatever the series shows.

    Where a season is too long for some of them, harmonic regression and climatology are used: in their place
    if it is `season`, and beside them if it is one of the further seasons.
    """
    fitted = [method for method in FITTED if season <= SHORT_SEASONS.get(method.name, season)]
    every = sorted({float(season), *seasons})
    if every[-1] > min(SHORT_SEASONS.values()):
        harmonics = Method("harmonic-arima", "classical", lambda *_: harmonic_arima.candidates(every))
        means = Method("climatology", "classical", lambda *_: climatology.candidates(every[-1]))
        fitted += [
            replace(harmonics, model_kind="harmonic_arima"),
            replace(means, model_kind="climatology"),
        ]
    return (
        Method("naive", "trivial", lambda *_: unfitted(naive)),
        Method("seasonal-naive", "trivial", lambda *_: unfitted(partial(seasonal_naive, season=season))),
        Method("drift", "trivial", lambda *_: unfitted(drift)),
        Method("drift+seasonal", "classical", lambda *_: unfitted(partial(drift_seasonal, season=season))),
        *fitted,
    )
