"""Scores by hand, and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from seqops.core.ragged import Ragged, Split
from seqops.metrics import forecasting
from seqops.metrics.intervals import interval
from seqops.metrics.quantile_forecasts import LEVELS, column, pinball

META = {
    "unit": "origin",
    "mase_span": "2000-01 to 2003-12",
    "backtest_horizon": 2,
    "horizon": 3,
    "season": 12,
    "origins": {"first": 5, "last": 6, "count": 2},
}


def split(targets, long):
    n = len(targets)
    return Split(
        {
            "history": Ragged.from_rows([np.ones((4, 1))] * n, np.float64),
            "targets": np.array(targets, np.float64)[:, :, None],
            "origin": np.arange(5, 5 + n),
            "series": np.zeros(n, np.int64),
            "scale": np.full((n, 1), 2.0),
            "long": np.array(long),
        }
    )


def scored(targets, cells, long=(True, False), meta=META):
    predicted = pd.DataFrame({name: [list(row) for row in rows] for name, rows in cells.items()})
    return {score.name: score for score in forecasting.forecast_scores(predicted, split(targets, long), meta)}


TRUTH = [[100.0, 200.0, 400.0], [200.0, np.nan, np.nan]]
MEAN = [[110.0, 180.0, 300.0], [150.0, 7.0, 7.0]]


def test_backtest_scores_by_hand():
    found = scored(TRUTH, {"mean": MEAN})
    # the backtest covers two steps of the first origin and the one known step of the second
    assert found["backtest_mae"].point() == pytest.approx((10 + 20 + 50) / 3)
    assert found["backtest_mase"].point() == pytest.approx((10 + 20 + 50) / 3 / 2.0)
    assert found["backtest_rmse"].point() == pytest.approx(np.sqrt((100 + 400 + 2500) / 3))
    assert found["backtest_mape"].point() == pytest.approx(100 * (0.1 + 0.1 + 0.25) / 3)
    assert found["backtest_smape"].point() == pytest.approx(200 * (10 / 210 + 20 / 380 + 50 / 350) / 3)


def test_long_scores_cover_every_step_of_the_long_row_only():
    found = scored(TRUTH, {"mean": MEAN})
    assert found["mae"].point() == pytest.approx((10 + 20 + 100) / 3)
    assert found["mape"].point() == pytest.approx(100 * (0.1 + 0.1 + 0.25) / 3)
    assert found["mae"].statistics.shape == (3, 2)
    assert found["backtest_mae"].statistics.shape == (2, 2)


def test_without_a_long_row_there_are_no_long_scores():
    assert set(scored(TRUTH, {"mean": MEAN}, (False, False))) == {
        "backtest_mase",
        "backtest_mape",
        "backtest_smape",
        "backtest_rmse",
        "backtest_mae",
    }


def test_each_returns_the_error_of_one_origin():
    np.testing.assert_allclose(scored(TRUTH, {"mean": MEAN})["backtest_mae"].each(), [15.0, 50.0])


LEVEL_CELLS = {column(level): MEAN for level in LEVELS}


def with_interval(low, high):
    return {"mean": MEAN, **LEVEL_CELLS, "q0.1": low, "q0.9": high, "q0.025": low, "q0.975": high}


LOW = [[100.0, 190.0, 0.0], [190.0, 0.0, 0.0]]
HIGH = [[100.0, 195.0, 500.0], [300.0, 9.0, 9.0]]


def test_coverage_counts_known_targets_inside_the_interval():
    found = scored(TRUTH, with_interval(LOW, HIGH))
    assert found["backtest_coverage80"].point() == pytest.approx(100 * 2 / 3)
    assert found["coverage95"].point() == pytest.approx(100 * 2 / 3)
    assert found["coverage95"].higher_is_better
    assert (found["coverage80"].nominal, found["backtest_coverage95"].nominal) == (80, 95)
    assert found["mase"].nominal is None


def test_the_width_is_the_mean_over_known_targets():
    assert scored(TRUTH, with_interval(LOW, HIGH))["backtest_width80"].point() == pytest.approx(115 / 3)


def test_the_msis_charges_forty_times_the_distance_outside():
    # widths 0, 5 and 110; 200 lies 5 above the second interval; the scale is 2
    found = scored(TRUTH, with_interval(LOW, HIGH))["backtest_msis"]
    assert found.point() == pytest.approx((0 + 5 + 110 + 2 / 0.05 * 5) / 3 / 2)
    assert "|scale:2" in found.signature


def test_the_wql_is_twice_the_mean_pinball_loss_by_the_sum_of_the_truth():
    found = scored(
        [[100.0, 200.0, 400.0]], {"mean": MEAN[:1], **dict.fromkeys(LEVEL_CELLS, MEAN[:1])}, (True,)
    )
    # every quantile is the mean, so that the nine levels average to half the absolute error
    assert found["backtest_wql"].point() == pytest.approx((10 + 20) / (100 + 200))
    assert found["wql"].point() == pytest.approx((10 + 20 + 100) / (100 + 200 + 400))


def test_the_pinball_loss_agrees_with_scikit_learn():
    generator = np.random.default_rng(0)
    truth, forecast = generator.normal(size=(2, 50))
    for level in (0.025, 0.5, 0.9):
        expected = metrics.mean_pinball_loss(truth, forecast, alpha=level)
        assert pinball(truth, forecast, level).mean() == pytest.approx(expected)


def test_forecasts_whose_quantiles_are_unknown_have_no_coverage():
    unknown = [[np.nan, 190.0, 0.0], [190.0, 0.0, 0.0]]
    found = scored(TRUTH, with_interval(unknown, HIGH))
    assert found["backtest_coverage80"].point() == pytest.approx(100 * 1 / 2)
    assert found["backtest_width80"].point() == pytest.approx(115 / 2)


def test_a_true_zero_is_excluded_from_mape_and_counts_in_smape():
    found = scored([[0.0, 10.0, 10.0]], {"mean": [[5.0, 5.0, 10.0]]}, (True,))
    assert found["mape"].point() == pytest.approx(100 * (0.5 + 0.0) / 2)
    assert found["smape"].point() == pytest.approx(200 * (1.0 + 5 / 15 + 0.0) / 3)
    both = scored([[0.0, 10.0, 10.0]], {"mean": [[0.0, 10.0, 10.0]]}, (True,))
    assert both["smape"].point() == 0.0


def test_scores_agree_with_scikit_learn():
    generator = np.random.default_rng(0)
    truth, mean = generator.uniform(1, 9, (2, 3)), generator.uniform(1, 9, (2, 3))
    found = scored(truth, {"mean": mean}, (False, False), {**META, "backtest_horizon": 3})
    values = {name: score.point() for name, score in found.items()}
    flat = truth.ravel(), mean.ravel()
    assert values["backtest_mae"] == pytest.approx(metrics.mean_absolute_error(*flat))
    assert values["backtest_rmse"] == pytest.approx(metrics.root_mean_squared_error(*flat))
    assert values["backtest_mape"] == pytest.approx(100 * metrics.mean_absolute_percentage_error(*flat))


def test_each_column_is_scaled_by_its_own_error():
    two = {**META, "backtest_horizon": 1}
    truth = Split(
        {
            "history": Ragged.from_rows([np.ones((4, 2))], np.float64),
            "targets": np.array([[[5.0, 50.0]]]),
            "origin": np.array([3]),
            "scale": np.array([[1.0, 10.0]]),
            "long": np.array([False]),
        }
    )
    predicted = pd.DataFrame({"mean": [[7.0, 40.0]]})
    found = {s.name: s.point() for s in forecasting.forecast_scores(predicted, truth, two)}
    assert found["backtest_mase"] == pytest.approx((2 / 1 + 10 / 10) / 2)


def test_each_series_of_a_panel_is_a_unit_with_a_scale_of_its_own():
    columns = split(TRUTH, (False, False)).columns
    truth = Split({**columns, "series": np.array([3, 4]), "scale": np.array([[2.0], [5.0]])})
    panel = {**META, "unit": "series"}
    found = {s.name: s for s in forecasting.forecast_scores(pd.DataFrame({"mean": MEAN}), truth, panel)}
    mase = found["backtest_mase"]
    assert mase.point() == pytest.approx((10 / 2 + 20 / 2 + 50 / 5) / 3)
    assert (mase.unit, mase.block, mase.groups.tolist()) == ("series", 1, [3, 4])
    assert "|independent series:2|" in mase.signature
    assert mase.signature.endswith("|scale:of each series (its rows before the test)")


def test_the_signature_of_the_mase_names_its_scale_and_rows():
    past = np.arange(16.0)[:, None] ** 2  # a season of 12: 144, 168, 192, 216
    truth = Split(
        {**split(TRUTH, (True, False)).columns, "history": Ragged.from_rows([past] * 2, np.float64)}
    )
    found = forecasting.forecast_scores(pd.DataFrame({"mean": MEAN}), truth, META)
    for score in found:
        scale = "|scale:2 (training rows 2000-01 to 2003-12; 180 by the 16 rows before the first test origin)"
        assert score.signature.endswith(scale) == score.name.endswith("mase"), score.name


def test_signatures_contain_origins_and_horizon():
    found = scored(TRUTH, {"mean": MEAN})
    assert "origins:5-6" in found["backtest_mase"].signature
    assert "horizon:2" in found["backtest_mase"].signature
    assert "origin:5|horizon:3" in found["mape"].signature
    assert "independent origins:1" in found["backtest_mase"].signature
    assert found["backtest_mase"].block == 2


def test_forecasts_overlap_as_far_as_their_origins_are_close():
    assert forecasting.overlapping(np.arange(5, 41), 12) == 12
    assert forecasting.overlapping(np.arange(0, 400, 12), 12) == 1
    assert forecasting.overlapping(np.arange(0, 400, 5), 12) == 3
    assert forecasting.overlapping(np.array([7, 8, 7, 8]), 2) == 2


def test_neighbouring_origins_depend_on_each_other_even_if_their_forecasts_do_not_overlap():
    truth = split(TRUTH, (False, False))
    assert forecasting.backtest_units(truth, {**META, "backtest_horizon": 1}).block == 2
    assert forecasting.backtest_units(truth, {**META, "backtest_horizon": 3}).block == 3


def test_the_long_forecast_is_one_unit():
    found = scored(TRUTH, {"mean": MEAN})
    assert len(found["mae"].by_unit()) == 1
    assert interval(found["mae"], 100, 0).reason == "n = 1 origin"
