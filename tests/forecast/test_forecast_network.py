"""Layers against Keras and NumPy; decoding strategies, intervals and a short training of every kind."""

import keras
import numpy as np
import pytest
from series import table, task

from parts import endpoint_of, metrics_of
from seqops.core.errors import ConfigError
from seqops.core.settings import Decay, FitConfig
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.nn.ensemble import EnsembleDense, EnsembleNorm, EnsembleRecurrent
from seqops.nn.exponential_smoothing import INITIAL, ExponentialSmoothing
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.conformal import half_widths
from seqops.tasks.forecast.model.intervals import LOWER
from seqops.tasks.forecast.model.layers import PathLoss
from seqops.tasks.forecast.model.network import Network
from seqops.training.loop import train

KINDS = ["lstm", "gru", "simple_rnn", "dense", "es_lstm"]
SETTINGS = {
    "kind": "lstm", "direction": "forward", "layers": 1, "units": 3, "dropout": 0.0, "ensemble_size": 2,
    "output_steps": 6, "difference": 0, "mixture": "none", "recurrent_dropout": 0.0, "layer_norm": False,
    "residual": False,
}  # fmt: skip
FIT_CONFIG = FitConfig(
    seed=0,
    epochs=2,
    batch_size=8,
    learning_rate=0.01,
    decay=Decay(kind="none", rate=1.0),
    warmup_steps=0,
    weight_decay=0.0,
    clip_norm=1.0,
    patience=5,
    validation_rows=100,
)
SERIES = [20 + 0.5 * i + 4 * np.sin(i * np.pi / 2) + 0.3 * ((7 * i) % 5) for i in range(44)]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    data = task(log=True, scaling="standard", calendar=("month",))
    return data, *data.split_and_encode(table(tmp_path_factory.mktemp("network"), SERIES))


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
def test_every_member_equals_the_keras_layer_with_its_weights(kind):
    layer = EnsembleRecurrent(kind, 2, 3, "layer")
    x = random(4, 5, 2, 6)
    layer.build(x.shape)
    layer.bias.assign(random(*layer.bias.shape))
    found = np.asarray(layer(x))
    keras_layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}[
        kind
    ]
    for member in range(2):
        reference = keras_layer(3, return_sequences=True)
        reference.build((None, 5, 6))
        bias = np.asarray(layer.bias)[member]
        # the GRU of Keras has a second bias, inside the reset gate
        bias = np.stack([bias, np.zeros_like(bias)]) if kind == "gru" else bias
        reference.set_weights(
            [np.asarray(layer.kernel)[member], np.asarray(layer.cell.recurrent)[member], bias]
        )
        np.testing.assert_allclose(found[:, :, member], np.asarray(reference(x[:, :, member])), atol=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
def test_recurrent_dropout_drops_the_same_part_of_the_state_at_every_step_of_training(kind):
    keras.utils.set_random_seed(0)
    layer, plain = EnsembleRecurrent(kind, 2, 3, "layer", 0.5), EnsembleRecurrent(kind, 2, 3, "plain")
    x = random(4, 5, 2, 6)
    for one in (layer, plain):
        one.build(x.shape)
    for weight, value in zip(layer.trainable_variables, plain.trainable_variables, strict=True):
        weight.assign(value)
    expected = np.asarray(plain(x))
    np.testing.assert_array_equal(np.asarray(layer(x, training=False)), expected)
    trained = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(trained[:, 0], expected[:, 0], atol=1e-6)
    assert np.abs(trained[:, 1:] - expected[:, 1:]).max() > 1e-3
    # with everything but one unit dropped, the other units of a member see that unit alone
    mask = np.zeros((4, 6), "float32")
    mask[:, [1, 3]] = 2.0
    layer.drop_state = lambda ones, training: mask
    recurrent = np.asarray(plain.cell.recurrent).copy()
    recurrent[0, [0, 2]] = recurrent[1, [1, 2]] = 0.0
    recurrent[0, 1], recurrent[1, 0] = 2 * recurrent[0, 1], 2 * recurrent[1, 0]
    plain.cell.recurrent.assign(recurrent)
    np.testing.assert_allclose(np.asarray(layer(x, training=True)), np.asarray(plain(x)), atol=1e-5)


def test_every_member_is_normalised_by_itself_as_keras_does():
    x, layer, reference = random(4, 5, 2, 3), EnsembleNorm(1, "norm"), keras.layers.LayerNormalization()
    found = np.asarray(layer(x))
    np.testing.assert_allclose(found, np.asarray(reference(x)), atol=1e-5)
    both = np.concatenate([x, x[..., ::-1] * 7], axis=-1)
    two = np.asarray(EnsembleNorm(2, "both")(both))
    np.testing.assert_allclose(two[..., :3], found, atol=1e-6)
    np.testing.assert_allclose(two[..., 3:], np.asarray(reference(x[..., ::-1] * 7)), atol=1e-5)
    layer.gain.assign([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    layer.offset.assign([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    np.testing.assert_allclose(np.asarray(layer(x))[:, :, 0], found[:, :, 0])
    np.testing.assert_allclose(np.asarray(layer(x))[:, :, 1], 1 + 2 * found[:, :, 1], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("lstm", "both"), ("gru", "forward"), ("dense", "forward"), ("es_lstm", "forward")],
)
def test_joined_layers_can_be_trained_and_saved(encoded, tmp_path, kind, direction):
    data, splits, meta = encoded
    joined = {"layers": 2, "recurrent_dropout": 0.2, "layer_norm": True, "residual": True}
    network = Network(**{**SETTINGS, "kind": kind, "direction": direction, **joined})
    fitted = train(network, metrics_of(data), splits, meta, FIT_CONFIG)
    fitted.model.save_weights(tmp_path / "model.weights.h5")
    again = network.build(meta)
    again.load_weights(tmp_path / "model.weights.h5")
    first, second = (network.predict(m, splits["test"], meta) for m in (fitted.model, again))
    np.testing.assert_array_equal(np.stack(first["mean"]), np.stack(second["mean"]))
    units = 6 if direction == "both" else 3
    normalised = [w for w in again.trainable_variables if w.name in ("gain", "offset")]
    assert [tuple(w.shape) for w in normalised] == [(2, units)] * 4


def test_the_input_of_the_first_layer_is_not_added_and_that_of_the_second_is(encoded):
    _, model = untrained(encoded[2], layers=2, residual=True)
    body, x = model.get_layer("ensemble").body, random(4, 5, 2, 3)  # as wide as the units
    first = body.stack[0](x)
    expected = first[:, -1] + body.stack[1](first)[:, -1]
    np.testing.assert_allclose(np.asarray(body(x)), np.asarray(expected), atol=1e-6)


def test_lstm_members_have_a_forget_bias_of_one_and_different_kernels():
    layer = EnsembleRecurrent("lstm", 2, 3, "layer")
    layer.build((None, 5, 2, 6))
    assert np.asarray(layer.bias)[0].tolist() == [0] * 3 + [1] * 3 + [0] * 6
    kernels = np.asarray(layer.kernel)
    assert not np.allclose(kernels[0], kernels[1])
    # Glorot's limit for one network of 6 inputs and 12 outputs, not for all members together
    assert 0.8 * np.sqrt(6 / 18) < np.abs(kernels).max() <= np.sqrt(6 / 18)


def test_dense_members_are_independent():
    layer = EnsembleDense(1, "linear", "zeros", "layer")
    layer.build((None, 2, 2))
    layer.kernel.assign([[[1.0], [2.0]], [[10.0], [20.0]]])
    layer.bias.assign([[0.5], [0.0]])
    assert np.asarray(layer(np.array([[[1.0, 1.0], [1.0, 2.0]]], "float32"))).tolist() == [[[3.5], [50.0]]]


def smoothed_by_hand(x, m, steps):
    """Holt-Winters smoothing of one series, step by step, from the same decomposition."""
    whole = len(x) // m
    means = x[: whole * m].reshape(whole, m).mean(axis=1)
    trend = (means[-1] - means[0]) / ((whole - 1) * m)
    line = trend * (np.arange(m) - (m - 1) / 2)
    season = list((x[: whole * m].reshape(whole, m) - means[:, None]).mean(axis=0) - line)
    level = means[0] - trend * (m + 1) / 2
    a, b, g, phi = INITIAL.values()
    for value in x:
        s = season.pop(0)
        error = value - level - phi * trend - s
        level = level + phi * trend + a * error
        trend = phi * trend + a * b * error
        season.append(s + g * (1 - a) * error)
    path, reach = [], 0.0
    for step in range(steps):
        reach += phi ** (step + 1)
        path.append(level + reach * trend + season[step % m])
    return path


def test_smoothing_equals_holt_winters():
    x = random(2, 10, 3)
    layer = ExponentialSmoothing(4, 3, "smoothing")
    path = np.asarray(layer.path(layer(x), 6))
    for row in range(2):
        for series in range(3):
            expected = smoothed_by_hand(x[row, :, series], 4, 6)
            np.testing.assert_allclose(path[row, :, series], expected, atol=1e-5)


def test_smoothing_extrapolates_a_line_with_a_season():
    steps = np.arange(18.0)
    series = 5 + 0.5 * steps + np.tile([1.0, -1.0, 2.0, -2.0], 5)[:18]
    layer = ExponentialSmoothing(4, 1, "smoothing")
    smoothed = layer(series[None, :12, None].astype("float32"))
    layer.cell.logits["phi"].assign([50.0])  # a sigmoid of 1: no damping
    smoothed = layer(series[None, :12, None].astype("float32"))
    np.testing.assert_allclose(np.asarray(layer.path(smoothed, 6))[0, :, 0], series[12:], atol=1e-4)
    np.testing.assert_allclose(np.asarray(smoothed.adjusted)[0, :, 0], 5 + 0.5 * steps[:12], atol=1e-4)


def test_the_loss_ignores_unknown_targets():
    truth = np.array([[[1.0], [np.nan]]], "float32")
    # two members, then the log spread: (1, 2 steps, 3, 1)
    predicted = np.array([[[[2.0], [4.0], [0.0]], [[9.0], [9.0], [9.0]]]], "float32")
    # the members are off by 1 and 3, mean 2; the mean is off by 2; halved, since one of two steps is known
    assert float(PathLoss()(truth, predicted)) == pytest.approx((2.0 + 2.0) / 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_trained_and_forecasts(encoded, kind):
    data, splits, meta = encoded
    network = Network(**{**SETTINGS, "kind": kind, "output_steps": 4, "layers": 2})
    fitted = train(network, metrics_of(data), splits, meta, FIT_CONFIG)
    predicted = network.predict(fitted.model, splits["test"], meta)
    cells = {name: np.stack(predicted[name]) for name in predicted}
    assert cells["mean"].shape == (6, 6)
    assert all(np.isfinite(values).all() for values in cells.values())
    assert (np.diff([cells[column(level)] for level in LEVELS], axis=0) >= 0).all()
    np.testing.assert_allclose(cells["q0.5"], cells["mean"])
    scores = {score.name for score in metrics_of(data).score(predicted, splits["test"], meta)}
    assert {"backtest_mase", "mape", "coverage80", "backtest_coverage95", "msis", "backtest_wql"} <= scores


def untrained(meta, **changes):
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, **changes})
    model = network.build(meta)
    # an all-zero head would hide the output of the body
    head = model.get_layer("ensemble").head
    head.kernel.assign(0.1 * random(*head.kernel.shape))
    return network, model


def test_recursive_decoding_equals_forecasting_from_the_extended_window(encoded):
    _, splits, meta = encoded
    network, model = untrained(meta, output_steps=2, ensemble_size=1)
    row = splits["test"].take(np.array([0]))
    inputs = network.batch(row, meta)[0]
    path = np.asarray(model(inputs))[0, :, 0, 0]
    for shift in (2, 4):
        figures = np.concatenate([inputs["figures"][0, shift:], path[:shift, None]])[None]
        calendar = np.concatenate([inputs["calendar"][:, shift:], inputs["calendar"][:, :shift]], axis=1)
        again = np.asarray(model({"figures": figures.astype("float32"), "calendar": calendar}))
        np.testing.assert_allclose(again[0, :2, 0, 0], path[shift : shift + 2], atol=1e-5)


@pytest.mark.parametrize("lag", [1, 4])
def test_differencing_without_correction_repeats_the_past(encoded, lag):
    _, splits, meta = encoded
    network = Network(**{**SETTINGS, "difference": lag})
    model = network.build(meta)
    mean = np.stack(network.predict(model, splits["test"], meta)["mean"])
    for row in range(6):
        last = splits["test"].ragged("history")[row][-lag:, 0]
        np.testing.assert_allclose(mean[row], np.resize(last, 6), rtol=1e-4)


def members_mean(model, inputs):
    return np.asarray(model(inputs))[:, :, :-1].mean(axis=2)


def test_before_calibration_the_learnt_spread_is_the_only_error(encoded):
    _, _, meta = encoded
    kept = untrained(meta)[1].get_layer("spread").kept()
    np.testing.assert_allclose(kept.sizes[0, :, 0], 0.1 * np.sqrt(np.arange(1, 7)), rtol=1e-6)


def test_the_backtest_has_the_same_forecasts_and_updates_the_intervals(encoded):
    _, splits, meta = encoded
    network, model = untrained(meta)
    network.calibrate(model, splits["validation"], meta)
    alone, rolling = (f(model, splits["test"], meta) for f in (network.predict, network.backtest))
    assert alone["mean"].tolist() == rolling["mean"].tolist()
    assert alone["q0.9"][0] == rolling["q0.9"][0]
    assert alone["q0.9"][5] != rolling["q0.9"][5]


def test_calibration_is_saved_with_the_weights(encoded, tmp_path):
    _, splits, meta = encoded
    network, model = untrained(meta)
    network.calibrate(model, splits["validation"], meta)
    targets = network.batch(splits["validation"], meta)[1]
    errors = np.abs(targets - members_mean(model, network.batch(splits["validation"], meta)[0]))
    kept = model.get_layer("spread").kept()
    # six validation rows: the errors of the last one, from each origin before it
    assert kept.ages.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(kept.sizes[0, :, 0], errors[range(5, -1, -1), range(6), 0], rtol=1e-4)
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = network.build(meta)
    loaded.load_weights(tmp_path / "model.weights.h5")
    first, second = (network.predict(m, splits["test"], meta) for m in (model, loaded))
    assert np.array_equal(np.stack(first["q0.1"]), np.stack(second["q0.1"]))


def test_intervals_have_the_conformal_quantile_of_the_validation_errors(encoded):
    _, splits, meta = encoded
    network, model = untrained(meta)
    network.calibrate(model, splits["validation"], meta)
    saved = model.get_layer("spread").kept()
    expected = half_widths(saved, 1 - 2 * np.array(LOWER[::-1]))[::-1][LOWER.index(0.1)]
    found = network.predict(model, splits["test"], meta)
    scale = Scale.from_meta(meta, "values")
    low, mean, high = (scale.forward(np.array(found[n][0])[:, None]) for n in ("q0.1", "mean", "q0.9"))
    np.testing.assert_allclose(mean - low, expected, rtol=1e-5)
    np.testing.assert_allclose(high - mean, expected, rtol=1e-5)


def test_a_request_has_the_same_forecast_as_its_test_row(encoded):
    data, splits, meta = encoded
    network, model = untrained(meta)
    rows = [
        "date,value",
        *(f"{2000 + i // 12}-{i % 12 + 1:02d},{v!r}" for i, v in enumerate(map(float, SERIES[:38]))),
    ]
    requested = network.predict(model, endpoint_of(data).parse(["\n".join(rows)], meta), meta)
    known = network.predict(model, splits["test"], meta)
    np.testing.assert_allclose(requested["mean"][0], known["mean"][0], rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "es_lstm", "difference": 1}, "model.difference must be 0"),
        ({"kind": "dense", "direction": "both"}, "model.direction must be forward with model.kind dense"),
        ({"difference": 8}, "must be below data.window 8"),
    ],
)
def test_invalid_models_are_refused(encoded, changes, message):
    with pytest.raises(ConfigError, match=message):
        Network(**{**SETTINGS, **changes}).build(encoded[2])


def test_exponential_smoothing_needs_two_seasons(encoded):
    with pytest.raises(ConfigError, match="two seasons of 5"):
        Network(**{**SETTINGS, "kind": "es_lstm"}).build({**encoded[2], "season": 5})


def test_the_same_seed_gives_the_same_weights(encoded):
    data, splits, meta = encoded
    network = Network(**{**SETTINGS, "dropout": 0.2})
    first, second = (
        train(network, metrics_of(data), splits, meta, FIT_CONFIG).model.get_weights() for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_gaps_are_masked_in_the_loss_and_filled_in_the_inputs(tmp_path):
    series = [value if i not in (12, 30) else "" for i, value in enumerate(SERIES)]
    data = task(log=True, scaling="standard", gaps="nan")
    splits, meta = data.split_and_encode(table(tmp_path, series, data))
    network = Network(**SETTINGS)
    inputs, targets, _ = network.batch(splits["train"], meta)
    assert np.isfinite(inputs["figures"]).all()
    # the origin at row 13: its last known value is that of row 11
    window = inputs["figures"][13 - 8, :, 0]
    assert window[-1] == window[-2]
    assert np.isnan(targets[12 - 8, 0, 0])
    fitted = train(network, metrics_of(data), splits, meta, FIT_CONFIG, tmp_path / "fit.npz")
    assert np.isfinite(fitted.best.point())
    predicted = network.predict(fitted.model, splits["test"], meta)
    assert all(np.isfinite(cell).all() for cell in predicted["mean"])


def test_lengths_of_the_model_may_be_those_of_the_data(encoded):
    _, _, meta = encoded
    network = Network(**{**SETTINGS, "output_steps": "auto", "difference": "auto"})
    ensemble = network.build({**meta, "difference": 4}).get_layer("ensemble")
    assert (ensemble.output_steps, ensemble.lag) == (6, 4)
    smoothing = Network(**{**SETTINGS, "kind": "es_lstm", "difference": "auto"})
    assert smoothing.build({**meta, "difference": 4}).get_layer("ensemble").lag == 0
