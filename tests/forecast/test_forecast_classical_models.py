"""Classical methods as the model of the task: they forecast as the baseline of the same name does."""

import numpy as np
import pytest
from series import table, task

from parts import endpoint_of, metrics_of
from seqops.core.errors import ConfigError, DataError
from seqops.tasks.forecast.evaluation import baselines
from seqops.tasks.forecast.model.classical import catalog
from seqops.tasks.forecast.model.classical.forecaster import ClassicalForecaster, _forecast
from seqops.tasks.forecast.model.classical.methods import Candidate

KINDS = ["ar", "direct_regression", "ets", "theta", "sarima"]


def encoded(folder, **changes):
    """A season of four steps and a trend; the test rows have their own errors."""
    values = 20 + np.arange(44) + 5 * np.sin(np.arange(44) * np.pi / 2)
    data = task(**changes)
    return data, *data.split_and_encode(table(folder, values))


def fitted(kind, folder, **changes):
    data, splits, meta = encoded(folder, **changes)
    model = ClassicalForecaster(kind)
    return model, model.fit(metrics_of(data), splits, meta), splits, meta


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True])
def test_it_forecasts_as_the_baseline_does(kind, log, tmp_path):
    model, chosen, splits, meta = fitted(kind, tmp_path, log=log)
    [method] = [m for m in catalog.methods(meta["season"]) if m.model_kind == kind]
    baseline = baselines.forecast_rows(method, splits, meta)
    assert baseline.model_kind == kind
    ours = model.backtest(chosen, splits["test"], meta)
    for column in ("mean", "q0.1", "q0.975"):
        np.testing.assert_allclose(np.stack(ours[column]), np.stack(baseline.predicted[column]))


def test_its_weights_file_is_all_that_it_is(tmp_path):
    model, chosen, splits, meta = fitted("ets", tmp_path)
    model.save(chosen, tmp_path / "model.weights.h5")
    again = model.load(tmp_path / "model.weights.h5", meta)
    assert model.predict(again, splits["test"], meta).equals(model.predict(chosen, splits["test"], meta))


def test_the_registered_model_knows_the_errors_on_test_rows(tmp_path):
    model, chosen, splits, meta = fitted("theta", tmp_path)
    model.save(chosen, tmp_path / "model.weights.h5")
    (tmp_path / "registered").mkdir()
    path = model.registered_weights(
        tmp_path / "model.weights.h5", splits["test"], meta, tmp_path / "registered"
    )
    registered = model.load(path, meta)
    assert len(registered.errors.ages) == len(chosen.errors.ages) + 6
    assert registered.errors.ages.min() == 0
    before, after = (model.predict(m, splits["test"], meta) for m in (chosen, registered))
    assert np.stack(before["mean"]).tolist() == np.stack(after["mean"]).tolist()
    assert np.stack(before["q0.9"]).tolist() != np.stack(after["q0.9"]).tolist()


def test_a_request_is_read_beyond_the_window_of_a_network(tmp_path):
    data, splits, meta = encoded(tmp_path)
    values = [f"{x:g}" for x in splits["test"].ragged("history")[1][:, 0]]
    request = endpoint_of(data).parse([" ".join(values)], meta)
    assert request.ragged("history")[0].shape == (len(values), 1)
    assert len(values) > meta["window"]


def test_a_season_that_the_method_cannot_have_is_refused_with_those_that_can(tmp_path):
    model, _, splits, meta = fitted("ets", tmp_path)
    with pytest.raises(ConfigError, match=r"model.kind ets does not fit a season of 168. .*harmonic_arima"):
        model.fit(None, splits, meta | {"season": 168})


def test_kinds_that_the_series_or_the_scaling_rule_out_are_refused():
    with pytest.raises(ConfigError, match=r"theta is fitted to one series, which rules out data.scaling"):
        task(scaling="window").check_model({"kind": "theta"})
    with pytest.raises(ConfigError, match=r"kind arima is fitted to each of many .* one of ar, .*sarima"):
        task().check_model({"kind": "arima"})
    many = task(series="shop", scaling="window")
    with pytest.raises(ConfigError, match=r"sarima is fitted to one series, .* theta, ets, arima, comb"):
        many.check_model({"kind": "sarima"})
    task().check_model({"kind": "theta", "difference": 1000})
    many.check_model({"kind": "theta", "difference": 1000})


def test_settings_that_fail_or_leave_the_logarithm_give_way_to_the_next():
    def fails(past, horizon):
        raise ValueError("singular")

    def path(value):
        return Candidate(str(value), lambda past, horizon: lambda new: np.full(horizon, value))

    best = [Candidate("fails", fails), path(-1.0), path(2.0)]
    past = np.arange(1.0, 9.0)
    assert _forecast(past, 0, best, 2, positive=False).tolist() == [-1, -1]
    assert _forecast(past, 0, best, 2, positive=True).tolist() == [2, 2]
    with pytest.raises(
        DataError, match=r"^input 3: no forecast of its 8 values \(the forecast is 0 or less\)"
    ):
        _forecast(past, 2, best[:2], 2, positive=True)
