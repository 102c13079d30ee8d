"""What the verdict says of forecasts that are not tested."""

from pathlib import Path

from seqops.metrics.long_forecast import remarks
from seqops.params import Params


def metrics(ours, **theirs):
    kinds = {"naive": "trivial", "seasonal-naive": "trivial", "ets": "classical", "theta": "classical"}
    return {
        "model": {"backtest_mase": {"value": 0.5}, "mase": {"value": ours}},
        "baselines": {name.replace("_", "-"): {"mase": {"value": value}} for name, value in theirs.items()},
        "baseline_kinds": kinds,
        "against": {name: {"value": 0.1, "p_better": 0.01} for name in theirs},
    }


def test_the_best_baseline_of_each_kind_is_compared():
    found = metrics(6.71, naive=2.0, seasonal_naive=1.23, ets=8.0, theta=6.71)
    assert remarks(found, 36, 12) == [
        "Over all 36 steps, in one forecast (not tested), the model's MASE is 6.71: worse than the best "
        "trivial baseline, seasonal-naive (1.23) and equal to the best classical baseline, theta (6.71)."
    ]
    assert "better than the best classical baseline, ets (8)" in remarks(metrics(6.71, ets=8.0), 36, 12)[0]


def test_unknown_scores_are_left_out():
    assert remarks(metrics(6.71, naive=None), 36, 12) == [
        "Over all 36 steps, in one forecast (not tested), the model's MASE is 6.71."
    ]
    assert remarks(metrics(None, naive=1.0), 36, 12) == []
    assert remarks({**metrics(1.0), "model": {}}, 36, 12) == []


def test_a_backtest_of_the_whole_horizon_says_it_all():
    assert remarks(metrics(6.71, naive=1.0), 12, 12) == []


def test_a_backtest_without_a_test_is_compared_by_its_values():
    found = metrics(6.71, naive=1.0, ets=9.0)
    found["baselines"]["naive"]["backtest_mase"] = {"value": 0.25}
    found["baselines"]["ets"]["backtest_mase"] = {"value": 0.75}
    few = {"value": 0.1, "reason": "too few origins"}
    found["against"] = {"naive": few, "ets": few}
    assert remarks(found, 12, 12) == [
        "In the backtest, by values alone (not tested), the model's MASE is 0.5: worse than the best trivial "
        "baseline, naive (0.25) and better than the best classical baseline, ets (0.75)."
    ]
    assert [remark.split(",")[0] for remark in remarks(found, 36, 12)] == [
        *("In the backtest", "Over all 36 steps"),
    ]
    found["against"]["ets"] = {"value": 0.1, "p_better": 0.01, "reason": "n = 10 series"}
    assert remarks(found, 12, 12) == []


def test_the_forecasting_task_remarks_on_its_horizon():
    task = Params.load(Path(__file__).parents[2] / "params.yaml").task("forecast")
    found = task.metrics().remarks(metrics(2.0, naive=1.0), {"horizon": 36, "backtest_horizon": 12})
    assert found == remarks(metrics(2.0, naive=1.0), 36, 12)
