"""Baseline forecasts without a network: settings chosen on validation rows, refitted at every test origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from seqops.core.array_cache import ArrayCache
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.evaluation import local_methods
from seqops.tasks.forecast.model.classical import fitting
from seqops.tasks.forecast.model.classical.catalog import methods
from seqops.tasks.forecast.model.classical.choice import FIT_ERRORS, ranked, validation_paths, without_gaps
from seqops.tasks.forecast.model.classical.methods import Floats, Method
from seqops.tasks.forecast.model.intervals import calibration, with_rolling_quantiles
from seqops.tasks.forecast.model.local.methods import METHODS

GAPS = "gaps of the history interpolated"


def all_of(
    splits: Mapping[str, Split], meta: Meta, cache: ArrayCache, model_kind: str = ""
) -> list[Baseline]:
    """Forecast every test row with every method but that of the model, each value column by itself.

    Where the rows are of many series, methods are fitted to each of them, and no choice is made over all.
    """
    with fitting.quiet_single_thread():
        if meta["unit"] == "series":
            others = [method for method in METHODS if method.model_kind != model_kind]
            return local_methods.all_of(splits["test"], meta, cache, others)
        return [
            forecast_rows(method, splits, meta)
            for method in methods(meta["season"], meta.get("seasons", ()))
            if method.model_kind != model_kind
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
        season, used = fitting.seasonal(paths, meta["season"]), Counter[str]()
        candidates = ranked(fitting.candidates_of(method, season, meta), paths, meta["backtest_horizon"])
        for i in range(len(history)):
            try:
                past = without_gaps(history[i][:, column])
                name, forecast = fitting.forecast(past, candidates, meta["horizon"])
            except FIT_ERRORS as error:
                failures.append(str(error))
                continue
            used[name] += 1
            forecasts.append(forecast)
        held.append(fitting.held_forecasts(candidates, paths, meta["horizon"]))
        gaps = GAPS if np.isnan(history.values[:, column]).any() else ""
        settings.append(", ".join(filter(None, [_described(used), gaps])))
    if failures:
        fits = len(history) * len(meta["values"])
        reason = f"{len(failures)} of {fits} fits failed: {failures[0]}"
        return Baseline(
            method.name, method.kind, pd.DataFrame(), failure=reason, model_kind=method.model_kind or ""
        )
    # (V x n, H) -> (n, H, V)
    mean = np.stack(forecasts).reshape(len(meta["values"]), len(history), -1).transpose(1, 2, 0)
    predicted = _with_quantiles(mean, np.stack(held, axis=-1), splits, meta)
    described = "; ".join(filter(None, settings))
    return Baseline(
        method.name, method.kind, predicted, settings=described, model_kind=method.model_kind or ""
    )


def _with_quantiles(
    mean: Floats, validation: Floats, splits: Mapping[str, Split], meta: Meta
) -> pd.DataFrame:
    """Add quantiles; mean: (n, H, V) at the test origins, validation: at the validation origins."""
    scale = Scale.from_meta(meta, "values")
    if min(mean.min(), np.nanmin(validation, initial=np.inf)) <= 0:
        # a method that is not of logarithms can forecast what has none
        scale = fitting.plain_scale(meta)
    saved = calibration(scale.forward(validation), splits["validation"], scale)
    return with_rolling_quantiles(scale.forward(mean), splits["test"], scale, saved)


def _described(used: Counter[str]) -> str:
    """Return the settings used most, and at how many origins; others are of histories too short for them."""
    usual, count = (used.most_common(1) or [("", 0)])[0]
    return usual if count == used.total() else f"{usual} at {count} of {used.total()} origins"
