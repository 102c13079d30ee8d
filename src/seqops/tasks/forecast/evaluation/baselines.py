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

from seqops.core.array_cache import ArrayCache
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.data.seasonality import shows_season
from seqops.tasks.forecast.evaluation import (
    arima,
    autoregression,
    climatology,
    direct_regression,
    exponential_smoothing,
    harmonic_arima,
    local_methods,
    theta,
)
from seqops.tasks.forecast.evaluation.choice import (
    FIT_ERRORS,
    ValidationPath,
    ranked,
    validation_paths,
    without_gaps,
)
from seqops.tasks.forecast.evaluation.methods import Candidate, Floats, Forecaster, Method
from seqops.tasks.forecast.evaluation.naive_methods import (
    drift,
    drift_seasonal,
    naive,
    seasonal_naive,
    unfitted,
)
from seqops.tasks.forecast.model.intervals import calibration, with_rolling_quantiles

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


def all_of(splits: Mapping[str, Split], meta: Meta, cache: ArrayCache) -> list[Baseline]:
    """Forecast every test row with every method, each value column by itself.

    Where the rows are of many series, methods are fitted to each of them, and no choice is made over all.
    """
    # the matrices are too small for a second thread to help
    with _quiet(), threadpool_limits(1):
        if meta["unit"] == "series":
            return local_methods.all_of(splits["test"], meta, cache)
        return [
            forecast_rows(method, splits, meta) for method in methods(meta["season"], meta.get("seasons", ()))
        ]


def forecast_rows(method: Method, splits: Mapping[str, Split], meta: Meta) -> Baseline:
    """Choose the settings for each value column, then refit them at each test origin.

    A method that fails at any origin has no forecasts: no other method takes its place. Intervals are
    calibrated like those of the network, on the errors of forecasts of the validation rows.
    """
    history = splits["test"].ragged("history")
    settings: list[str] = []
    failures: list[str] = []
    forecasts: list[Floats] = []
    held: list[Floats] = []
    for column in range(len(meta["values"])):
        paths = validation_paths(splits["validation"], column)
        candidates, used = _chosen(method, paths, meta), Counter[str]()
        for i in range(len(history)):
            try:
                name, forecast = _forecast(without_gaps(history[i][:, column]), candidates, meta["horizon"])
            except FIT_ERRORS as error:
                failures.append(str(error))
                continue
            used[name] += 1
            forecasts.append(forecast)
        held.append(held_forecasts(candidates, paths, meta["horizon"]))
        gaps = GAPS if np.isnan(history.values[:, column]).any() else ""
        settings.append(", ".join(filter(None, [_described(used), gaps])))
    if failures:
        fits = len(history) * len(meta["values"])
        reason = f"{len(failures)} of {fits} fits failed: {failures[0]}"
        return Baseline(method.name, method.kind, pd.DataFrame(), failure=reason)
    # (V x n, H) -> (n, H, V)
    mean = np.stack(forecasts).reshape(len(meta["values"]), len(history), -1).transpose(1, 2, 0)
    predicted = _with_quantiles(mean, np.stack(held, axis=-1), splits, meta)
    return Baseline(method.name, method.kind, predicted, settings="; ".join(filter(None, settings)))


def _with_quantiles(
    mean: Floats, validation: Floats, splits: Mapping[str, Split], meta: Meta
) -> pd.DataFrame:
    """Add quantiles; mean: (n, H, V) at the test origins, validation: at the validation origins."""
    scale = Scale.from_meta(meta, "values")
    if min(mean.min(), np.nanmin(validation, initial=np.inf)) <= 0:
        # a method that is not of logarithms can forecast what has none
        scale = Scale(False, (0.0,) * len(meta["values"]), (1.0,) * len(meta["values"]))
    saved = calibration(scale.forward(validation), splits["validation"], scale)
    return with_rolling_quantiles(scale.forward(mean), splits["test"], scale, saved)


def _chosen(method: Method, paths: Sequence[ValidationPath], meta: Meta) -> list[Candidate]:
    """Rank the candidates; they have a season only if every series shows it before its validation rows."""
    seasonal = all(shows_season(without_gaps(path.past), meta["season"]) for path in paths)
    return ranked(
        method.candidates(meta["season"] if seasonal else 1, meta["horizon"]), paths, meta["backtest_horizon"]
    )


def held_forecasts(candidates: Sequence[Candidate], paths: Sequence[ValidationPath], horizon: int) -> Floats:
    """Forecast every validation row by the best candidate, fitted before the first one: (n, H).

    A series that it cannot be fitted to is NaN.
    """
    rows: list[Floats] = []
    for path in paths:
        try:
            forecaster = fitted(path.known(0)[0], candidates, horizon)[1]
            rows += [forecaster(path.known(known)[1]) for known in range(len(path.rows))]
        except FIT_ERRORS:
            rows += [np.full(horizon, np.nan)] * len(path.rows)
    return np.stack(rows)


def _forecast(past: Floats, candidates: Sequence[Candidate], horizon: int) -> tuple[str, Floats]:
    """Forecast by the best-ranked candidate that the history admits; return its settings and (H,).

    Raises ValueError if there is none, or if the forecast is not finite.
    """
    settings, forecaster = fitted(past.astype(np.float64), candidates, horizon)
    forecast = forecaster(np.zeros(0))
    if not np.isfinite(forecast).all():
        raise ValueError(f"{settings}: the forecast is not finite")
    return settings, forecast


def fitted(past: Floats, candidates: Sequence[Candidate], horizon: int) -> tuple[str, Forecaster]:
    """Fit the best-ranked candidate that the history admits; a constant history is repeated.

    Raises ValueError if there is none.
    """
    if np.ptp(past) == 0:
        return "", unfitted(naive)[0].fit(past, horizon)
    candidate = next((c for c in candidates if c.fits(past)), None)
    if candidate is None:
        raise ValueError(f"no setting can be fitted to a history of {len(past)} rows")
    return candidate.settings, candidate.fit(past, horizon)


def _described(used: Counter[str]) -> str:
    """Return the settings used most, and at how many origins; others are of histories too short for them."""
    usual, count = (used.most_common(1) or [("", 0)])[0]
    return usual if count == used.total() else f"{usual} at {count} of {used.total()} origins"


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
