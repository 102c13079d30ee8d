"""Naive methods by hand; classical methods on series with a known answer; all on the rows of the model."""

import numpy as np
import pytest
from series import table, task

from parts import evaluation_of, metrics_of
from seqops.tasks.forecast.evaluation import baselines
from seqops.tasks.forecast.evaluation.baselines import METHODS, ForecastContext

PAST = np.array([10.0, 20.0, 12.0, 22.0, 14.0])
CONTEXT = ForecastContext(horizon=5, season=2, positive=False)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (baselines.naive, [14, 14, 14, 14, 14]),
        (baselines.seasonal_naive, [22, 14, 22, 14, 22]),
        (baselines.drift, [15, 16, 17, 18, 19]),
        (baselines.drift_seasonal, [24, 16, 26, 18, 28]),
    ],
)
def test_naive_methods_by_hand(method, expected):
    assert method(PAST, CONTEXT).tolist() == expected


def test_a_history_shorter_than_a_season_repeats_its_last_value():
    assert baselines.seasonal_naive(np.array([3.0]), CONTEXT).tolist() == [3.0] * 5


@pytest.mark.parametrize("name", ["ets", "theta", "sarima"])
def test_classical_methods_find_season_and_trend_of_a_clean_series(name):
    steps = np.arange(60)
    series = 50.0 + steps + 10.0 * np.sin(2 * np.pi * steps / 4) + np.random.default_rng(0).normal(0, 0.1, 60)
    forecast = METHODS[name][1](series[:48], ForecastContext(8, 4, False))
    # theta halves the trend by design, so its error is up to half of the eight steps
    np.testing.assert_allclose(forecast, series[48:56], atol=5.0 if name == "theta" else 0.6)


def test_a_constant_series_stays_constant():
    for name, (_, method) in METHODS.items():
        with baselines._quiet():
            forecast = baselines._finite(np.full(40, 7.0), method, ForecastContext(6, 4, True))
        np.testing.assert_allclose(forecast, 7.0, atol=0.05, err_msg=name)


def test_every_baseline_forecasts_every_test_row(tmp_path):
    values = 20 + np.arange(44) + 5 * np.sin(np.arange(44) * np.pi / 2)
    data = task(origin_step=3)
    splits, meta = data.split_and_encode(table(tmp_path, values))
    found = {b.name: b for b in evaluation_of(data).baselines(splits, meta)}
    assert [b.kind for b in found.values()].count("trivial") == 3
    for baseline in found.values():
        assert len(baseline.predicted) == len(splits["test"]) == 2
        assert {s.name for s in metrics_of(data).score(baseline.predicted, splits["test"], meta)} >= {
            "backtest_mase",
            "mape",
        }
    last = splits["test"].ragged("history")[1][-1, 0]
    assert found["naive"].predicted["mean"][1] == [last] * 6
