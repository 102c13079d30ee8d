"""Baselines of many series: fallback, cache, several columns; and forecasts that come with the data."""

from dataclasses import replace

import numpy as np
from series import TASK, months, task, write_csv

from parts import evaluation_of
from seqops.core.array_cache import ArrayCache
from seqops.core.ragged import Ragged, Split
from seqops.tasks.forecast.evaluation import baselines, local_methods
from seqops.tasks.forecast.evaluation.ready_made import ready_made
from seqops.tasks.forecast.model.local.methods import METHODS, Combination, LocalMethod, fitted
from seqops.tasks.forecast.model.local.naive import naive, seasonal_naive
from seqops.tasks.forecast.model.local.panel import LocalForecast

META = {"season": 2, "horizon": 2, "values": ["a", "b"], "unit": "series"}
HISTORIES = [[[1.0, 10], [2, 20], [4, 40]], [[5, 50], [6, 60], [9, 90], [8, 80]]]


def split(histories=HISTORIES, **columns):
    n = len(histories)
    rows = {"history": Ragged.from_rows(histories, np.float64), "origin": np.ones(n)}
    return Split({**rows, "targets": np.ones((n, 2, 2)), **columns})


def means(baseline):
    return [list(cell) for cell in baseline.predicted["mean"]]


def fails_on_the_shortest(panel):
    found = naive(panel)
    mean = np.where(panel.lengths[:, None] == 3, np.nan, found.mean)
    return LocalForecast(mean, found.quantiles)


def test_forecasts_are_in_the_order_of_the_rows_and_columns():
    found = {b.name: b for b in local_methods.all_of(split(), META, ArrayCache(), METHODS[:3])}
    assert [b.kind for b in found.values()] == ["trivial", "trivial", "classical"]
    assert means(found["naive"]) == [[4, 40, 4, 40], [8, 80, 8, 80]]
    assert means(found["seasonal-naive"]) == [[2, 20, 4, 40], [9, 90, 8, 80]]
    assert means(found["drift"]) == [[5.5, 55, 7, 70], [9, 90, 10, 100]]
    assert found["naive"].settings == ""


def test_a_failed_fit_is_replaced_and_counted():
    method = LocalMethod("ets", "classical", fails_on_the_shortest)
    (found,) = local_methods.all_of(split(), META, ArrayCache(), [method])
    assert means(found) == [[2, 20, 4, 40], [8, 80, 8, 80]]
    assert found.settings == "ets failed on 2 of 4 histories: seasonal naive there"


def test_gaps_are_filled_by_the_history_alone():
    (found,) = local_methods.all_of(
        split([[[1.0, 1], [np.nan, 2], [3, np.nan]]]), META, ArrayCache(), METHODS[1:2]
    )
    assert means(found) == [[2, 2, 3, 2]]


def test_slow_fits_are_kept_by_what_they_depend_on(tmp_path):
    fits = []

    def forecast(panel):
        fits.append(panel)
        return replace(seasonal_naive(panel), settings="said")

    forecast.__module__ = naive.__module__
    method, cache = LocalMethod("ets", "classical", forecast, slow=True), ArrayCache(tmp_path)
    (first,) = local_methods.all_of(split(), META, cache, [method])
    fitted.cache_clear()
    (again,) = local_methods.all_of(split(), META, cache, [method])
    assert len(fits) == 1
    assert again.predicted.equals(first.predicted)
    assert again.settings == "said"
    for changed in (META | {"season": 1}, META | {"horizon": 1}):
        local_methods.all_of(split(), changed, cache, [method])
    local_methods.all_of(
        split([*HISTORIES[:1], [[5.0, 50], [6, 60], [9, 90], [8, 81]]]), META, cache, [method]
    )
    local_methods.all_of(split(), META, cache, [replace(method, name="arima")])
    assert len(fits) == 5


def test_a_combination_is_the_mean_of_the_methods_that_have_a_forecast():
    parts = (
        LocalMethod("seasonal-naive", "trivial", seasonal_naive),
        LocalMethod("ets", "classical", fails_on_the_shortest),
    )
    method = Combination("combination", parts, "combination")
    (found,) = local_methods.all_of(split(), META, ArrayCache(), [method])
    # 2, 4 of the seasonal naive alone; the mean of 9, 8 and 8, 8
    assert means(found) == [[2, 20, 4, 40], [8.5, 85, 8, 80]]
    assert (found.kind, found.model_kind) == ("classical", "combination")


def test_a_combination_takes_its_parts_from_the_cache(tmp_path):
    fits = []

    def once(panel):
        fits.append(panel)
        return seasonal_naive(panel)

    once.__module__ = naive.__module__
    part, cache = LocalMethod("ets", "classical", once, slow=True), ArrayCache(tmp_path)
    methods = [part, Combination("combination", (part,), "combination")]
    alone, combined = local_methods.all_of(split(), META, cache, methods)
    assert len(fits) == 1
    assert combined.predicted.equals(alone.predicted)


def test_given_forecasts_have_no_intervals_and_must_be_whole():
    given = np.array([[[1.0, 2], [3, 4]], [[5, 6], [7, np.nan]]])
    test = split(targets=np.ones((2, 2, 1)), forecasts=given)
    whole, lacking = ready_made(test, {"baselines": ["THETA", "B-J auto"]}, {"THETA"})
    assert whole.name == "THETA (given)"
    assert whole.kind == lacking.kind == "classical"
    assert list(whole.predicted) == ["mean"]
    assert means(whole) == [[1, 3], [5, 7]]
    assert lacking.failure == "no forecast, or not of every step, for 1 of 2 test rows"
    unknown = split(targets=np.array([[[1.0], [1]], [[1], [np.nan]]]), forecasts=given)
    assert not any(b.failure for b in ready_made(unknown, {"baselines": ["THETA", "B-J auto"]}, ()))


def test_an_evaluation_of_many_series_uses_them(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "METHODS", METHODS[:2])
    data = task(series="shop", scaling="window", horizon=3, backtest_horizon=3, origin_step=3, test=3)
    data = replace(data, validation=3, baselines="given.csv")
    rows = [f"{name},{month},{i + 1}" for name in "ab" for i, month in enumerate(months(30))]
    given = write_csv(tmp_path, ["THETA,a,28,29,30", "THETA,b,1,2,3"], "method,series,h1,h2,h3", "given.csv")
    splits, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows, "shop,month,sold"), given]))
    found = {b.name: means(b) for b in evaluation_of(data).baselines(splits, meta)}
    assert found == {
        "naive": [[27] * 3] * 2,
        "seasonal-naive": [[24, 25, 26]] * 2,
        "THETA": [[28, 29, 30], [1, 2, 3]],
    }


def test_an_evaluation_keeps_fits_in_a_folder(tmp_path):
    assert evaluation_of(TASK).cached_in(tmp_path).cache == ArrayCache(tmp_path)
