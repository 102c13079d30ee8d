"""The network of many series: its start, padding, units, members, loss, calibration and a short training."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from series import months, task, write_csv

from parts import metrics_of
from seqops.core.callbacks import NullCallback
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Metrics
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Goal
from seqops.core.score import Score
from seqops.core.settings import Decay, FitConfig
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.model.global_network import QuantileLoss
from seqops.tasks.forecast.model.network import Network
from seqops.training.loop import train
from seqops.training.refit import refit

NAN = np.nan
KINDS = ["lstm", "gru", "simple_rnn", "dense", "es_lstm"]
SETTINGS = {
    "kind": "lstm", "direction": "forward", "layers": 2, "units": 3, "dropout": 0.0, "ensemble_size": 2,
    "output_steps": 6, "difference": 0, "mixture": "none", "recurrent_dropout": 0.0, "layer_norm": False,
    "residual": False,
}  # fmt: skip
META = {
    "scaling": "window", "log": True, "season": 4, "window": 9, "horizon": 6, "values": ["value"],
    "covariates": [], "calendar_size": 2, "min_history": 6,
}  # fmt: skip
FIT_CONFIG = FitConfig(
    seed=0, epochs=2, batch_size=8, learning_rate=0.01, decay=Decay("cosine", 0.1), warmup_steps=2,
    weight_decay=0.0, clip_norm=1.0, patience=5, validation_rows=100, ema=0.9,
)  # fmt: skip


def series(number, length=40):
    steps = np.arange(length)
    noise = np.random.default_rng(number).normal(size=length)
    return 10.0 ** (number % 3) * np.exp(0.01 * steps + 0.3 * np.sin(steps * np.pi / 2) + 0.05 * noise)


def examples(origins, end=40, meta=META, numbers=range(3), factor=1.0):
    """Cut the origins of each series, as the data side does: histories may be shorter than the window."""
    window, horizon = meta["window"], meta["horizon"]
    names = ("history", "targets", "calendar", "origin", "period", "series", "scale")
    columns = {name: [] for name in names}
    for number in numbers:
        y = factor * series(number)
        for origin in origins:
            targets = np.full((horizon, 1), NAN)
            known = y[origin : min(origin + horizon, end), None]
            targets[: len(known)] = known
            phase = np.arange(origin - window, origin + horizon) * np.pi / 2
            scale = np.abs(y[4:20] - y[:16]).mean()
            row = (y[:origin, None], targets, np.stack([np.sin(phase), np.cos(phase)], axis=1))
            for name, value in zip(columns, (*row, origin, origin, number, [scale]), strict=True):
                columns[name].append(value)
    history = Ragged.from_rows(columns.pop("history"), np.float64)
    return Split({"history": history, **{name: np.array(c) for name, c in columns.items()}})


def untrained(meta=META, **changes):
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, **changes})
    model = network.build(meta)
    head = model.get_layer("ensemble").head
    head.kernel.assign(np.random.default_rng(0).normal(size=head.kernel.shape))
    return network, model


def forecasts(network, model, split, meta=META):
    predicted = network.predict(model, split, meta)
    return {name: np.stack(predicted[name]) for name in predicted}


@pytest.mark.parametrize("kind", ["lstm", "dense"])
def test_the_initial_forecast_is_the_value_of_one_season_before(kind):
    network = Network(**{**SETTINGS, "kind": kind})
    split = examples([6, 20])
    mean = forecasts(network, network.build(META), split)["mean"]
    for row in range(len(split)):
        last = split.ragged("history")[row][-4:, 0]
        np.testing.assert_allclose(mean[row], np.resize(last, 6), rtol=1e-5)


def test_where_last_season_is_unknown_the_initial_forecast_is_the_level():
    network = Network(**SETTINGS)
    split = examples([20], numbers=[0])
    values = split.ragged("history").values.copy()
    values[-3] = NAN
    gappy = Split({**split.columns, "history": Ragged(values, split.ragged("history").offsets)})
    mean = forecasts(network, network.build(META), gappy)["mean"][0]
    level = np.exp(np.log(values[[-5, -4, -2, -1], 0]).mean())
    np.testing.assert_allclose(mean, [values[-4, 0], level, *values[-2:, 0], values[-4, 0], level], rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "direction", "joined"),
    [
        ("lstm", "forward", False),
        ("gru", "both", False),
        ("es_lstm", "forward", False),
        ("lstm", "both", True),
    ],
)
def test_padding_changes_no_forecast(kind, direction, joined):
    short, long = {**META, "window": 10}, {**META, "window": 17}
    joints = {"layer_norm": joined, "residual": joined, "recurrent_dropout": 0.3 * joined}
    network, model = untrained(short, kind=kind, direction=direction, **joints)
    padded = network.build(long)
    padded.set_weights(model.get_weights())
    split, same = (examples([10], meta=meta) for meta in (short, long))
    first, second = forecasts(network, model, split, short), forecasts(network, padded, same, long)
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4)


def test_the_calendar_of_padding_is_not_read():
    network, model = untrained(kind="dense")
    split = examples([6])
    calendar = split.plain("calendar").copy()
    calendar[:, :3] = 99.0
    changed = Split({**split.columns, "calendar": calendar})
    first, second = (forecasts(network, model, s)["mean"] for s in (split, changed))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("kind", ["lstm", "dense", "es_lstm"])
def test_a_series_in_other_units_has_the_same_forecast_in_those(kind):
    network, model = untrained(kind=kind)
    first, second = (forecasts(network, model, examples([6, 30], factor=k)) for k in (1.0, 1000.0))
    for name in first:
        np.testing.assert_allclose(1000 * first[name], second[name], rtol=1e-3)


def test_without_logarithms_the_forecast_follows_the_units_as_well():
    meta = {**META, "log": False}
    network, model = untrained(meta)
    first, second = (forecasts(network, model, examples([20], factor=k), meta)["mean"] for k in (1.0, 1000.0))
    np.testing.assert_allclose(1000 * first, second, rtol=1e-3)


def test_quantiles_of_forecasts_never_cross():
    found = forecasts(*untrained(), examples([6, 30]))
    assert (np.diff([found[column(level)] for level in LEVELS], axis=0) > 0).all()
    np.testing.assert_array_equal(found["mean"], found["q0.5"])


def test_the_forecast_is_the_mean_of_the_members_in_logarithms():
    network, model = untrained()
    split = examples([20])
    members = np.asarray(model(network.batch(split, META)[0]))
    assert members.shape == (3, 6, 2, 1, len(LEVELS))
    assert not np.allclose(members[:, :, 0], members[:, :, 1])
    expected = np.exp(members[..., LEVELS.index(0.5)].mean(axis=2)).reshape(3, 6)
    np.testing.assert_allclose(forecasts(network, model, split)["mean"], expected, rtol=1e-5)


def test_the_loss_is_in_units_of_the_series_by_its_scale_over_known_targets():
    quantiles = np.full((2, 2, 1, 1, len(LEVELS)), np.log(5.0), "float32")
    # errors of 2 and -1 with the scale 4 in the first row; one of 3 with the scale 6, and an unknown one
    truth = np.array([[7.0, 4.0], [8.0, NAN]])[:, :, None]
    scale = np.array([[4.0, 4.0], [6.0, 6.0]])[:, :, None]
    levels = np.array(LEVELS)

    def loss(error, scale):
        pinball = np.where(error > 0, levels * error, (levels - 1) * error).mean()
        return (0.5 * abs(error) + 0.3 * pinball) / scale

    expected = (loss(2.0, 4.0) + loss(-1.0, 4.0) + loss(3.0, 6.0)) / 3
    found = QuantileLoss(log=True)(np.stack([truth, scale], axis=-1).astype("float32"), quantiles)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_each_member_has_the_loss_of_its_own_errors():
    # two members that are wrong by 1 in opposite directions: their mean would be right
    quantiles = np.stack([np.full((1, 1, 1, len(LEVELS)), y) for y in (4.0, 6.0)], axis=2).astype("float32")
    truth = np.array([[[[5.0, 1.0]]]], "float32")
    single = float(QuantileLoss(log=False)(truth, quantiles[:, :, :1]))
    other = float(QuantileLoss(log=False)(truth, quantiles[:, :, 1:]))
    assert float(QuantileLoss(log=False)(truth, quantiles)) == pytest.approx((single + other) / 2)
    assert single > 0.5


class SeriesMetrics(Metrics):
    goal = Goal("mase", higher_is_better=False)

    def score(self, predicted, truth, meta):
        errors = np.abs(np.stack(predicted["mean"]) - truth.plain("targets")[..., 0]) / truth.plain("scale")
        sums = np.stack([np.nansum(errors, axis=1), np.isfinite(errors).sum(axis=1)], axis=1).astype(float)
        return [Score("mase", sums, lambda s: s[..., 0] / s[..., 1], False, "mase")]


SPLITS = {"train": examples(range(6, 24), end=24), "validation": examples(range(24, 32), end=32)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_trained_and_is_calibrated(kind, tmp_path):
    network = Network(**{**SETTINGS, "kind": kind, "layers": 1, "dropout": 0.1})
    fitted = train(network, SeriesMetrics(None), SPLITS, META, FIT_CONFIG, tmp_path / "fit.npz")
    assert np.isfinite(fitted.best.point())
    assert np.abs(np.asarray(fitted.model.get_layer("calibration").corrections)).max() > 0
    found = forecasts(network, fitted.model, examples([32]))
    assert (np.diff([found[column(level)] for level in LEVELS], axis=0) >= 0).all()


def test_calibrated_quantiles_hold_on_the_validation_rows_and_are_saved(tmp_path):
    network, model = untrained()
    split = examples(range(24, 34), numbers=range(9))
    before = forecasts(network, model, split)
    network.calibrate(model, split, META)
    found = forecasts(network, model, split)
    np.testing.assert_allclose(found["mean"], before["mean"], rtol=1e-6)
    earlier, covered = (
        (split.plain("targets")[..., 0] <= cells["q0.9"]).sum(axis=0) for cells in (before, found)
    )
    # 90 origins of each step: the rank is 91 x 0.9 = 81.9, rounded up, and the quantile is that target but
    # for rounding; it is higher where it would cross a lower one
    assert covered.min() >= 81
    assert earlier.min() < 81
    network.calibrate(model, split, META)
    np.testing.assert_allclose(forecasts(network, model, split)["q0.9"], found["q0.9"], rtol=1e-5)
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = network.build(META)
    loaded.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(forecasts(network, loaded, split)["q0.9"], found["q0.9"])
    assert network.registered_weights(tmp_path / "a", split, META, tmp_path) == tmp_path / "a"


def test_the_backtest_adapts_its_quantiles_to_the_errors_known_at_each_origin():
    network, model = untrained()
    split = examples([24, 26, 28])
    fixed = forecasts(network, model, split)
    found = {name: np.stack(cells) for name, cells in network.backtest(model, split, META).items()}
    first = split.plain("origin") == 24
    np.testing.assert_array_equal(found["mean"], fixed["mean"])
    np.testing.assert_allclose(found["q0.9"][first], fixed["q0.9"][first])
    # two periods later the truths of two steps are known
    second = split.plain("origin") == 26
    differs = (found["q0.9"] != fixed["q0.9"])[second].any(axis=0)
    assert differs[:2].all()
    np.testing.assert_allclose(found["q0.9"][second][:, 2:], fixed["q0.9"][second][:, 2:])


def test_covariates_are_scaled_and_read_up_to_the_origin():
    meta = {
        **META,
        "covariates": ["price"],
        "scale": {"covariates": {"log": False, "centre": [2], "width": [4]}},
    }
    split = examples([20], numbers=[0])
    history = split.ragged("history")
    price = np.arange(20.0)
    price[-1] = NAN
    both = Ragged(np.concatenate([history.values, price[:, None]], axis=1), history.offsets)
    network, model = untrained(meta)
    inputs = network.batch(Split({**split.columns, "history": both}), meta)[0]["figures"]
    np.testing.assert_allclose(inputs[0, :, 1], [*(np.arange(11.0, 19.0) - 2) / 4, 0])
    assert np.isfinite(
        forecasts(network, model, Split({**split.columns, "history": both}), meta)["mean"]
    ).all()


def test_the_smoothed_initial_forecast_of_a_line_with_a_season_repeats_the_season_at_the_last_level():
    """Without noise the seasonal pattern is found exactly, whatever the coefficients."""
    season = np.array([0.3, -0.1, -0.4, 0.2])
    y = np.exp(2 + np.resize(season, 20))
    split = examples([20], numbers=[0])
    repeated = Split({**split.columns, "history": Ragged.from_rows([y[:, None]], np.float64)})
    network = Network(**{**SETTINGS, "kind": "es_lstm"})
    mean = forecasts(network, network.build(META), repeated)["mean"][0]
    np.testing.assert_allclose(mean, np.exp(2 + np.resize(season, 6)), rtol=1e-4)


def test_coefficients_of_smoothing_depend_on_the_window_and_not_on_the_number_of_series():
    network, model = untrained(kind="es_lstm")
    smoothing = model.get_layer("ensemble").smoothing
    head = smoothing.coefficients
    head.kernel.assign(np.random.default_rng(0).normal(size=head.kernel.shape))
    window = model.get_layer("window_scaling")(network.batch(examples([20]), META)[0]["figures"])
    alpha, gamma = (np.asarray(x) for x in smoothing._coefficients(window))
    assert alpha.shape == gamma.shape == (3, 2)
    assert len(np.unique(alpha)) == 6
    assert ((alpha > 0) & (alpha < 1) & (gamma > 0) & (gamma < 1)).all()


def test_a_kind_of_series_has_weights_of_its_own_and_an_unknown_one_has_none():
    meta = {**META, "static": {"region": ["north", "south"], "size": ["large"]}}
    split = examples([20], numbers=[0, 0, 0])
    split = Split({**split.columns, "static": np.array([[1, 0], [2, 1], [0, 0]])})
    network, model = untrained(meta)
    inputs = network.batch(split, meta)[0]
    assert inputs["kinds"].tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    mean = forecasts(network, model, split, meta)["mean"]
    assert len(np.unique(mean[:, 0])) == 3


def test_without_its_correction_es_lstm_forecasts_its_smoothing():
    network, model = untrained(kind="es_lstm")
    splits = {"validation": examples(range(24, 32)), "test": examples([32])}
    [alone] = network.ablations(model, splits, META)
    initial = network.predict(network.build(META), splits["test"], META)
    np.testing.assert_allclose(np.stack(alone.predicted["mean"]), np.stack(initial["mean"]), rtol=1e-5)


def test_a_long_table_is_trained_on_and_scored_by_series(tmp_path):
    data = task(
        series="shop", date="month", static=("region",), scaling="window", short="pad", log=True,
        calendar=("month",), horizon=3, backtest_horizon=3, origin_step=3, test=3, validation=3,
    )  # fmt: skip
    rows = [
        f"{name},{'north' if name == 'a' else 'south'},{month},{value!r}"
        for number, (name, length) in enumerate([("a", 40), ("b", 13)])
        for month, value in zip(months(length), map(float, series(number, length)), strict=True)
    ]
    splits, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows, "shop,region,month,sold")]))
    network = Network(**SETTINGS)
    data.check_model(SETTINGS)
    fitted = train(network, metrics_of(data), splits, meta, FIT_CONFIG)
    predicted = network.backtest(fitted.model, splits["test"], meta)
    scores = {score.name: score for score in metrics_of(data).score(predicted, splits["test"], meta)}
    assert np.isfinite(scores["backtest_mase"].point())
    assert len(predicted) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"difference": 4}, "model.difference must be 0 or auto with data.scaling: window"),
        ({"output_steps": 3}, "model.output_steps must be at least data.horizon 6"),
    ],
)
def test_settings_that_scaled_windows_rule_out_are_refused(changes, message):
    network = Network(**{**SETTINGS, **changes})
    with pytest.raises(ConfigError, match=message):
        network.build(META)


def test_a_second_fit_keeps_the_calibration_of_the_first():
    network, metrics = Network(**{**SETTINGS, "kind": "dense"}), SeriesMetrics(None)
    first = train(network, metrics, SPLITS, META, FIT_CONFIG)
    ended = replace(first, best_epoch=first.epochs[-1])
    again = refit(network, metrics, SPLITS, META, FIT_CONFIG, ended, None, NullCallback())
    saved, kept = (np.asarray(fit.model.get_layer("calibration").corrections) for fit in (first, again))
    assert np.abs(saved).max() > 0
    np.testing.assert_array_equal(kept, saved)
    means = [forecasts(network, fit.model, examples([32]))["mean"] for fit in (first, again)]
    assert (means[0] != means[1]).any()
