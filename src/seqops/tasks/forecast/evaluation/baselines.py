"""Baseline forecasts without a network: settings chosen on validation rows, refitted at every test origin."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from seqops.core.interfaces import Baseline, Meta
from seqops.core.ragged import Split
from seqops.tasks.forecast.evaluation import (
    arima,
    autoregression,
    climatology,
    direct_regression,
    exponential_smoothing,
    harmonic_arima,
    theta,
)
from seqops.tasks.forecast.evaluation.choice import FIT_ERRORS, ranked, validation_paths, without_gaps
from seqops.tasks.forecast.evaluation.methods import Candidate, Floats, Method
from seqops.tasks.forecast.evaluation.naive_methods import (
    drift,
    drift_seasonal,
    naive,
    seasonal_naive,
    unfitted,
)
from seqops.tasks.forecast.evaluation.seasonality import shows_season

FITTED = (
    Method("ar", "classical", autoregression.candidates),
    Method("direct-regression", "classical", direct_regression.candidates),
    Method("ets", "classical", exponential_smoothing.candidates),
    Method("theta", "classical", theta.candidates),
    Method("sarima", "classical", arima.candidates),
)
SHORT_SEASONS = {"ets": exponential_smoothing.LONGEST_SEASON, "sarima": arima.LONGEST_SEASON}
"""The longest season of the methods that have one."""

GAPS = "gaps of the history interpolated"


def methods(season: int, seasons: Sequence[float] = ()) -> tuple[Method, ...]:
    """Return every method; season: the lag of the seasonal naive, whatever the series shows.

    Where a season is too long for some of them, harmonic regression and climatology are used: in their place
    if it is `season`, and beside them if it is one of the further seasons.
    """
    fitted = [method for method in FITTED if season <= SHORT_SEASONS.get(method.name, season)]
    every = sorted({float(season), *seasons})
    if every[-1] > min(SHORT_SEASONS.values()):
        fitted += [
            Method("harmonic-arima", "classical", lambda *_: harmonic_arima.candidates(every)),
            Method("climatology", "classical", lambda *_: climatology.candidates(every[-1])),
        ]
    return (
        Method("naive", "trivial", lambda *_: unfitted(naive)),
        Method("seasonal-naive", "trivial", lambda *_: unfitted(partial(seasonal_naive, season=season))),
        Method("drift", "trivial", lambda *_: unfitted(drift)),
        Method("drift+seasonal", "classical", lambda *_: unfitted(partial(drift_seasonal, season=season))),
        *fitted,
    )


def all_of(splits: Mapping[str, Split], meta: Meta) -> list[Baseline]:
    """Forecast every test row with every method, each value column by itself."""
    # the matrices are too small for a second thread to help
    with _quiet(), threadpool_limits(1):
        return [
            forecast_rows(method, splits, meta) for method in methods(meta["season"], meta.get("seasons", ()))
        ]


def forecast_rows(method: Method, splits: Mapping[str, Split], meta: Meta) -> Baseline:
    """Choose the settings for each value column, then refit them at each test origin.

    A method that fails at any origin has no forecasts: no other method takes its place.
    """
    history = splits["test"].ragged("history")
    settings: list[str] = []
    failures: list[str] = []
    forecasts: list[Floats] = []
    for column in range(len(meta["values"])):
        candidates, used = _chosen(method, splits["validation"], column, meta), Counter[str]()
        for i in range(len(history)):
            try:
                name, forecast = _forecast(without_gaps(history[i][:, column]), candidates, meta["horizon"])
            except FIT_ERRORS as error:
                failures.append(str(error))
                continue
            used[name] += 1
            forecasts.append(forecast)
        gaps = GAPS if np.isnan(history.values[:, column]).any() else ""
        settings.append(", ".join(filter(None, [_described(used), gaps])))
    if failures:
        fits = len(history) * len(meta["values"])
        reason = f"{len(failures)} of {fits} fits failed: {failures[0]}"
        return Baseline(method.name, method.kind, pd.DataFrame(), failure=reason)
    # (V x n, H) -> (n, H, V)
    cells = np.stack(forecasts).reshape(len(meta["values"]), len(history), -1).transpose(1, 2, 0)
    predicted = pd.DataFrame({"mean": [row.ravel().tolist() for row in cells]})
    return Baseline(method.name, method.kind, predicted, settings="; ".join(filter(None, settings)))


def _chosen(method: Method, validation: Split, column: int, meta: Meta) -> list[Candidate]:
    """Rank the candidates; they have a season only if every series shows it before its validation rows."""
    paths = validation_paths(validation, column)
    seasonal = all(shows_season(without_gaps(path.past), meta["season"]) for path in paths)
    return ranked(
        method.candidates(meta["season"] if seasonal else 1, meta["horizon"]), paths, meta["backtest_horizon"]
    )


def _forecast(past: Floats, candidates: Sequence[Candidate], horizon: int) -> tuple[str, Floats]:
    """Forecast by the best-ranked candidate that the history admits; return its settings and (H,).

    Raises ValueError if there is none, or if the forecast is not finite.
    """
    if np.ptp(past) == 0:
        return "", naive(past, horizon)
    candidate = next((c for c in candidates if c.fits(past)), None)
    if candidate is None:
        raise ValueError(f"no setting can be fitted to a history of {len(past)} rows")
    forecast = candidate.fit(past.astype(np.float64), horizon)(np.zeros(0))
    if not np.isfinite(forecast).all():
        raise ValueError(f"{candidate.settings}: the forecast is not finite")
    return candidate.settings, forecast


def _described(used: Counter[str]) -> str:
    """Return the settings used most, and at how many origins; others are of histories too short for them."""
    usual, count = (used.most_common(1) or [("", 0)])[0]
    return usual if count == used.total() else f"{usual} at {count} of {used.total()} origins"


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
