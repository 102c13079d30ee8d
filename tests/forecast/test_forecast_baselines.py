"""Naive methods by hand; the choice of settings; failures; all on the rows of the model."""

from functools import partial

import numpy as np
import pytest
from series import table, task

from parts import evaluation_of, metrics_of
from seqops.core.ragged import Ragged, Split
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.data.seasonality import shows_season
from seqops.tasks.forecast.evaluation import baselines
from seqops.tasks.forecast.model.classical import catalog, choice, fitting, naive_methods
from seqops.tasks.forecast.model.classical.choice import (
    MIN_ROWS,
    ORIGINS,
    ValidationPath,
    held_errors,
    ranked,
    refitted_errors,
    validation_paths,
)
from seqops.tasks.forecast.model.classical.methods import Candidate, Method
from seqops.tasks.forecast.model.classical.naive_methods import unfitted
from seqops.tasks.forecast.model.classical.transforms import LOGARITHM, ROOT, TRANSFORMS
from seqops.tasks.forecast.model.conformal import half_widths
from seqops.tasks.forecast.model.intervals import calibration

PAST = np.array([10.0, 20.0, 12.0, 22.0, 14.0])


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (naive_methods.naive, [14, 14, 14, 14, 14]),
        (partial(naive_methods.seasonal_naive, season=2), [22, 14, 22, 14, 22]),
        (naive_methods.drift, [15, 16, 17, 18, 19]),
        (partial(naive_methods.drift_seasonal, season=2), [24, 16, 26, 18, 28]),
    ],
)
def test_naive_methods_by_hand(method, expected):
    assert method(PAST, 5).tolist() == expected


def test_a_past_shorter_than_a_season_repeats_its_last_value():
    assert naive_methods.seasonal_naive(np.array([3.0]), 5, 2).tolist() == [3.0] * 5


def constant(value, min_rows=1):
    return Candidate(str(value), lambda past, horizon: lambda new: np.full(horizon, value), min_rows)


def last_value():
    """What the fit knew, whatever came since."""
    return Candidate("last", lambda past, horizon: lambda new: np.full(horizon, past[-1]))


def test_a_candidate_is_judged_held_and_refitted():
    path = ValidationPath(np.array([1.0, 2.0]), np.array([3.0, 5.0, 9.0]))
    assert path.origins(2) == [0, 1]
    assert [e.tolist() for e in held_errors(last_value(), path, 2)] == [[1, 3], [3, 7]]
    assert [e.tolist() for e in refitted_errors(last_value(), path, 2)] == [[1, 3], [2, 6]]
    # no origin knows four steps: those that are known count
    assert [e.tolist() for e in held_errors(last_value(), path, 4)] == [[1, 3, 7]]


def test_the_best_candidate_on_validation_rows_comes_first_and_one_that_fits_none_is_left_out():
    path = ValidationPath(np.arange(10.0), np.full(30, 7.0))
    broken = Candidate("broken", lambda past, horizon: lambda new: np.full(horizon, np.nan))
    found = ranked([constant(9.0), constant(6.9), broken, constant(7.0, 99), constant(8.0)], [path], 1)
    assert [c.settings for c in found] == ["6.9", "8.0", "9.0"]


def test_few_validation_rows_are_joined_by_the_last_training_rows():
    path = ValidationPath(np.arange(100.0), np.arange(100.0, 104.0)).lengthened()
    assert (path.past[-1], path.rows[0], len(path.rows)) == (79.0, 80.0, MIN_ROWS)
    short = ValidationPath(np.arange(20.0), np.arange(20.0, 24.0)).lengthened()
    assert (len(short.past), len(short.rows)) == (12, 12)
    many = ValidationPath(np.arange(9.0), np.arange(300.0))
    assert len(many.lengthened().past) == 9
    assert (len(many.origins(12)), many.origins(12)[-1]) == (ORIGINS, 288)


def test_validation_rows_are_those_before_the_test_in_each_series(tmp_path):
    splits, _ = task().split_and_encode(table(tmp_path, range(1, 41)))
    [path] = validation_paths(splits["validation"], 0)
    assert path.past.tolist() == list(range(1, 29))
    assert path.rows.tolist() == list(range(29, 35))
    two = Split(
        {
            "history": Ragged.from_rows([[[1.0]], [[1.0], [2.0]], [[5.0]]], np.float64),
            "targets": np.array([[[2.0]], [[3.0]], [[6.0]]]),
            "series": np.array([0, 0, 1]),
        }
    )
    assert [path.rows.tolist() for path in validation_paths(two, 0)] == [[2.0, 3.0], [6.0]]


def test_a_season_is_shown_by_the_differences():
    noise = np.random.default_rng(0).normal(size=120)
    assert shows_season(np.sin(np.arange(120) * np.pi / 6) + 0.1 * noise, 12)
    assert not shows_season(np.cumsum(noise), 12)
    assert not shows_season(np.sin(np.arange(30) * np.pi / 6), 12)  # fewer than three seasons
    assert not shows_season(np.full(120, 3.0), 12)


def test_false_seasons_are_as_rare_as_the_level_says():
    walks = np.cumsum(np.random.default_rng(1).normal(size=(500, 120)), axis=1)
    assert np.mean([shows_season(walk, 12) for walk in walks]) < 0.07  # one side of 90 %: 0.05


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_transform_is_undone(transform):
    values = np.array([1.0, 2.0, 9.0])
    np.testing.assert_allclose(transform.backward(transform.forward(values)), values)


def test_a_transform_admits_only_what_it_can_take():
    assert not LOGARITHM.admits(np.array([0.0, 1.0]))
    assert ROOT.admits(np.array([0.0, 1.0]))
    assert not ROOT.admits(np.array([-1.0, 1.0]))


def toy(tmp_path, **changes):
    values = 20 + np.arange(44) + 5 * np.sin(np.arange(44) * np.pi / 2)
    data = task(origin_step=3, **changes)
    return data, *data.split_and_encode(table(tmp_path, values))


def test_every_baseline_forecasts_every_test_row(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "ORIGINS", 2)
    data, splits, meta = toy(tmp_path)
    found = {b.name: b for b in evaluation_of(data).baselines(splits, meta)}
    assert [b.kind for b in found.values()].count("trivial") == 3
    assert {"ar", "direct-regression", "ets", "theta", "sarima"} < set(found)
    for baseline in found.values():
        assert baseline.failure == ""
        assert len(baseline.predicted) == len(splits["test"]) == 2
        assert {s.name for s in metrics_of(data).score(baseline.predicted, splits["test"], meta)} >= {
            "backtest_mase",
            "mape",
            "backtest_coverage80",
            "width95",
        }
    last = splits["test"].ragged("history")[1][-1, 0]
    assert found["naive"].predicted["mean"][1] == [last] * 6
    assert found["ar"].settings.startswith("AR(")


def test_no_baseline_inherits_the_window_of_the_network(tmp_path):
    _, splits, meta = toy(tmp_path)
    _, wide, wide_meta = toy(tmp_path, window=10)
    [ours], [theirs] = (validation_paths(s["validation"], 0) for s in (splits, wide))
    assert len(ours.past) == len(theirs.past) == 32
    ar = catalog.FITTED[0]
    np.testing.assert_array_equal(
        *(
            baselines.forecast_rows(ar, *case).predicted["mean"][0]
            for case in ((splits, meta), (wide, wide_meta))
        )
    )


def test_a_method_that_fails_at_one_origin_is_named_and_not_replaced(tmp_path):
    _, splits, meta = toy(tmp_path)

    def fit(past, horizon):
        if len(past) > 38:
            raise np.linalg.LinAlgError("singular matrix")
        return lambda new: np.zeros(horizon)

    found = baselines.forecast_rows(Method("odd", "classical", lambda *_: [Candidate("", fit)]), splits, meta)
    assert found.failure == "1 of 2 fits failed: singular matrix"
    assert found.predicted.empty


def test_a_forecast_that_is_not_finite_is_a_failure(tmp_path):
    _, splits, meta = toy(tmp_path)
    method = Method("odd", "classical", lambda *_: unfitted(lambda past, horizon: np.full(horizon, np.nan)))
    assert "2 of 2 fits failed" in baselines.forecast_rows(method, splits, meta).failure


def test_a_history_too_short_for_the_best_settings_takes_the_next_ones():
    name, forecast = fitting.forecast(np.arange(5.0), [constant(1.0, 9), constant(2.0, 3)], 2)
    assert (name, forecast.tolist()) == ("2.0", [2.0, 2.0])
    with pytest.raises(ValueError, match="no setting can be fitted to a history of 5 rows"):
        fitting.forecast(np.arange(5.0), [constant(1.0, 9)], 2)


def test_a_constant_history_stays_constant():
    _, forecast = fitting.forecast(np.full(40, 7.0), [constant(1.0)], 6)
    assert forecast.tolist() == [7.0] * 6


def test_intervals_of_a_baseline_come_from_its_errors_on_validation_rows(tmp_path):
    _, splits, meta = toy(tmp_path)
    naive = catalog.methods(4)[0]
    paths = validation_paths(splits["validation"], 0)
    held = fitting.held_forecasts(naive.candidates(4, 6), paths, 6)
    rows = splits["validation"]
    np.testing.assert_allclose(held, [[rows.ragged("history")[i][-1, 0]] * 6 for i in range(6)])
    found = baselines.forecast_rows(naive, splits, meta).predicted
    saved = calibration(held[:, :, None], rows, Scale.from_meta(meta, "values"))
    width = 2 * half_widths(saved, np.array([0.8]))[0, :, 0]
    np.testing.assert_allclose(np.array(found["q0.9"][0]) - found["q0.1"][0], width)


def test_a_forecast_that_has_no_logarithm_gets_intervals_of_values(tmp_path):
    _, splits, meta = toy(tmp_path, log=True)
    zero = Method("zero", "trivial", lambda *_: unfitted(lambda past, horizon: np.zeros(horizon)))
    found = baselines.forecast_rows(zero, splits, meta).predicted
    assert found["mean"][0] == [0.0] * 6
    assert np.isfinite(found["q0.025"][0]).all()


def test_a_baseline_that_fails_on_validation_rows_gets_intervals_from_test_rows(tmp_path):
    _, splits, meta = toy(tmp_path)

    def fit(past, horizon):
        if len(past) < 38:
            raise np.linalg.LinAlgError("singular matrix")
        return lambda new: np.zeros(horizon)

    found = baselines.forecast_rows(Method("odd", "classical", lambda *_: [Candidate("", fit)]), splits, meta)
    assert np.isnan(found.predicted["q0.1"][0]).all()
    assert np.isfinite(found.predicted["q0.1"][1]).all()
