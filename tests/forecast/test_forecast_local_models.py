"""Methods that are fitted to each of many series, as the model of the task."""

from dataclasses import replace

import numpy as np
import pytest
from series import months, task, write_csv

from parts import endpoint_of, metrics_of
from seqops.core.array_cache import ArrayCache
from seqops.core.ragged import Ragged, Split
from seqops.tasks.forecast.evaluation import local_methods
from seqops.tasks.forecast.model.classical_method import ClassicalMethod
from seqops.tasks.forecast.model.local import forecaster
from seqops.tasks.forecast.model.local.forecaster import Corrections, LocalForecaster
from seqops.tasks.forecast.model.local.methods import MODELS, LocalMethod
from seqops.tasks.forecast.model.local.naive import naive, seasonal_naive

DATA = task(
    series="shop",
    date="month",
    values=("sold",),
    scaling="window",
    short="pad",
    origin_step=6,
    backtest_horizon=6,
)
META = {"season": 2, "horizon": 2, "values": ["a"], "unit": "series"}


def encoded(folder, lengths=(44, 30)):
    """Seasons of four steps on lines; the rows of each series have their own errors."""
    rows = []
    for shop, count in enumerate(lengths):
        noise = np.random.default_rng(shop).normal(size=count)
        values = 100 * (shop + 1) + np.arange(count) + 9 * np.sin(np.arange(count) * np.pi / 2) + noise
        rows += [f"{shop},{m},{x:.3f}" for m, x in zip(months(count), values, strict=True)]
    table = DATA.read([write_csv(folder, rows, "shop,month,sold")])
    return DATA.split_and_encode(table)


def split(histories, targets):
    history = Ragged.from_rows([np.array(h, np.float64)[:, None] for h in histories], np.float64)
    columns = {"targets": np.array(targets, np.float64)[..., None]}
    order = np.arange(len(histories))
    return Split({"history": history, "series": order, "period": order, **columns})


def with_method(monkeypatch, kind, forecast):
    monkeypatch.setitem(MODELS, kind, LocalMethod(kind, "classical", forecast))


@pytest.mark.parametrize("kind", ["theta", "ets", "arima", "combination"])
def test_it_forecasts_as_the_baseline_does(kind, tmp_path):
    splits, meta = encoded(tmp_path)
    model = ClassicalMethod(kind)
    fitted = model.fit(metrics_of(DATA), splits, meta)
    (baseline,) = local_methods.all_of(splits["test"], meta, ArrayCache(), [MODELS[kind]])
    assert baseline.model_kind == kind
    for ours in (model.backtest(fitted, splits["test"], meta), model.validate(fitted, splits["test"], meta)):
        assert ours["mean"].tolist() == baseline.predicted["mean"].tolist()


def test_the_model_its_validation_and_the_baseline_fit_the_same_rows_once(monkeypatch):
    panels = []

    def counted(panel):
        panels.append(panel)
        return naive(panel)

    with_method(monkeypatch, "theta", counted)
    model, rows = LocalForecaster("theta"), split([[1, 2, 2, 3]], [[6, 6]])
    corrections = Corrections(np.zeros((2, 1, 21)))
    again = split([[1, 2, 2, 3]], [[7, 7]])
    first, second = (model.predict(corrections, part, META) for part in (rows, again))
    (baseline,) = local_methods.all_of(again, META, ArrayCache(), [MODELS["theta"]])
    assert len(panels) == 1
    assert first.equals(second)
    assert baseline.predicted["mean"].tolist() == first["mean"].tolist()
    for changed in (META | {"horizon": 3}, META | {"season": 1}):
        model.validate(corrections, rows, changed)
    model.validate(corrections, split([[1, 2, 2, 4]], [[6, 6]]), META)
    assert len(panels) == 4


def test_quantiles_are_corrected_by_the_errors_on_validation_rows(monkeypatch):
    with_method(monkeypatch, "theta", naive)
    # from season to season by 1 and by 10: errors of 3 and 30 are alike
    histories, targets = [[1, 2, 2, 3], [10, 20, 20, 30]], [[6, 6], [60, 60]]
    model = LocalForecaster("theta")
    fitted = model.fit(None, {"validation": split(histories, targets)}, META)
    rows = split([[100, 200, 200, 300], [1, 2, 2, 3]], [[np.nan] * 2] * 2)
    found = model.predict(fitted, rows, META)
    assert np.allclose(np.stack(found["q0.975"]), [[600, 600], [6, 6]])
    assert np.allclose(np.stack(found["mean"]), [[300, 300], [3, 3]])


def test_a_method_that_fails_gives_way_to_the_seasonal_naive(monkeypatch):
    def fails(panel):
        found = naive(panel)
        return replace(found, mean=np.full_like(found.mean, np.nan))

    with_method(monkeypatch, "ets", fails)
    rows = split([[1, 2, 3]], [[np.nan, np.nan]])
    found = LocalForecaster("ets").predict(Corrections(np.zeros((2, 1, 21))), rows, META)
    assert found["mean"].tolist() == [[2, 3]]


def test_of_many_validation_rows_some_that_are_known_to_the_end_calibrate(monkeypatch):
    seen = []

    def watched(panel):
        seen.append(sorted(panel.values[-1].tolist()))
        return seasonal_naive(panel)

    with_method(monkeypatch, "theta", watched)
    histories = [[1, 1, 1, last] for last in range(5)]
    rows = {"validation": split(histories, [[1, 1], [1, np.nan], [1, 1], [1, 1], [1, 1]])}
    for most, used in ((5, [0, 1, 2, 3, 4]), (4, [0, 2, 3, 4]), (2, [0, 4])):
        monkeypatch.setattr(forecaster, "MOST", most)
        LocalForecaster("theta").fit(None, rows, META)
        assert seen.pop() == used


def test_its_weights_file_is_all_that_it_is(tmp_path):
    splits, meta = encoded(tmp_path)
    model = ClassicalMethod("theta")
    fitted = model.fit(metrics_of(DATA), splits, meta)
    weights = tmp_path / "model.weights.h5"
    model.save(fitted, weights)
    again = model.load(weights, meta)
    assert model.predict(again, splits["test"], meta).equals(model.predict(fitted, splits["test"], meta))
    assert model.registered_weights(weights, splits["test"], meta, tmp_path / "registered") == weights


def test_a_series_never_seen_is_forecast_from_its_own_rows(tmp_path):
    splits, meta = encoded(tmp_path)
    model = ClassicalMethod("theta")
    fitted = model.fit(metrics_of(DATA), splits, meta)
    line = "\n".join(["shop,month,sold", *(f"new,{m},{10 * i}" for i, m in enumerate(months(20), 1))])
    found = model.predict(fitted, endpoint_of(DATA).parse([line], meta), meta)
    # half of the slope of the line, as of the mean with one that does not grow, from near its end
    steps = np.diff(np.array(found["mean"][0]))
    assert np.allclose(steps, 5)
    assert abs(found["mean"][0][0] - 205) < 1
