"""Bidirectional reading of the window: it sees no target, and the forward model is unaffected."""

import keras
import numpy as np
import pytest
from series import table, task

from parts import metrics_of
from seqops.core.settings import Decay, FitConfig
from seqops.nn.ensemble import EnsembleBidirectional
from seqops.tasks.forecast.model.network import Network
from seqops.training.loop import train

RECURRENT = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}
SETTINGS = {
    "kind": "lstm", "direction": "both", "layers": 1, "units": 3, "dropout": 0.0, "ensemble_size": 2,
    "output_steps": 6, "difference": 0, "mixture": "none", "recurrent_dropout": 0.0, "layer_norm": False,
    "residual": False,
}  # fmt: skip
SERIES = [20 + 0.5 * i + 4 * np.sin(i * np.pi / 2) + 0.3 * ((7 * i) % 5) for i in range(44)]


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def weights_of(layer, member, kind):
    bias = np.asarray(layer.bias)[member]
    # the GRU of Keras has a second bias, inside the reset gate
    bias = np.stack([bias, np.zeros_like(bias)]) if kind == "gru" else bias
    return [np.asarray(layer.kernel)[member], np.asarray(layer.cell.recurrent)[member], bias]


@pytest.mark.parametrize("kind", RECURRENT)
def test_every_member_equals_the_bidirectional_layer_of_keras(kind):
    layer, x = EnsembleBidirectional(kind, 2, 3, "layer"), random(4, 5, 2, 6)
    h = np.asarray(layer(x))
    ends = np.asarray(layer.ends(h))
    for member in range(2):
        weights = weights_of(layer.forwards, member, kind) + weights_of(layer.backwards, member, kind)
        for found, sequences in ((h, True), (ends, False)):
            reference = keras.layers.Bidirectional(RECURRENT[kind](3, return_sequences=sequences))
            reference.build((None, 5, 6))
            reference.set_weights(weights)
            expected = np.asarray(reference(x[:, :, member]))
            np.testing.assert_allclose(np.take(found, member, axis=-2), expected, atol=1e-5)


def test_members_are_independent():
    layer, x = EnsembleBidirectional("lstm", 2, 3, "layer"), random(1, 5, 2, 6)
    before = np.asarray(layer(x))
    other = x.copy()
    other[:, :, 1] += 1.0
    after = np.asarray(layer(other))
    assert np.array_equal(before[:, :, 0], after[:, :, 0])
    assert not np.allclose(before[:, :, 1], after[:, :, 1], atol=1e-3)


@pytest.fixture(scope="module")
def data():
    return task(log=True, scaling="standard", calendar=("month",))


def untrained(meta, **changes):
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, **changes})
    model = network.build(meta)
    # an all-zero head would hide the output of the body
    head = model.get_layer("ensemble").head
    head.kernel.assign(0.1 * random(*head.kernel.shape))
    return network, model


@pytest.mark.parametrize("kind", [*RECURRENT, "es_lstm"])
def test_reading_backwards_does_not_see_the_targets(data, tmp_path, kind):
    """The forecast of the first test origin does not depend on later rows."""
    known = data.split_and_encode(table(tmp_path, SERIES, data))
    splits, meta = known
    origin = splits["test"].plain("origin")[0]
    (tmp_path / "other").mkdir()
    other = [*SERIES[:origin], *(9 * value for value in SERIES[origin:])]
    changed = data.split_and_encode(table(tmp_path / "other", other, data))
    network, model = untrained(meta, kind=kind, layers=2)
    one, two = (network.predict(model, each["test"], meta)["mean"] for each, _ in (known, changed))
    assert one[0] == two[0]
    assert one[1] != two[1]  # its window contains one of the changed rows


def test_every_step_of_the_window_affects_the_forecast(data, tmp_path):
    splits, meta = data.split_and_encode(table(tmp_path, SERIES, data))
    network, model = untrained(meta)
    inputs = network.batch(splits["test"].take(np.array([0])), meta)[0]
    before = np.asarray(model(inputs))[0, :, :2]
    for step in range(meta["window"]):
        figures = inputs["figures"].copy()
        figures[0, step] += 1.0
        after = np.asarray(model({**inputs, "figures": figures}))[0, :, :2]
        assert np.abs(after - before).max() > 1e-5


def shapes(meta, **changes):
    _, model = untrained(meta, **changes)
    return {v.path.removeprefix("ensemble/"): tuple(v.shape) for v in model.variables}


def test_the_forward_model_has_the_documented_variables(data, tmp_path):
    _, meta = data.split_and_encode(table(tmp_path, SERIES, data))
    assert shapes(meta, direction="forward") == {
        # a window of one value and two calendar columns; 4 gates of 3 units
        "body/lstm_0/kernel": (2, 3, 12),
        "body/lstm_0/bias": (2, 12),
        "body/lstm_0/loop/cell/recurrent": (2, 3, 12),
        # 3 units and two calendar columns for 6 future steps -> 6 steps
        "head/kernel": (2, 15, 6),
        "head/bias": (2, 6),
        "spread/log_spread": (6, 1),
        "spread/sizes": (100, 6, 1),
        "spread/ages": (100,),
    }
    both = shapes(meta)
    assert both["head/kernel"] == (2, 18, 6)
    assert both["body/lstm_0/backwards/kernel"] == both["body/lstm_0/forwards/kernel"] == (2, 3, 12)


def test_the_same_seed_gives_the_same_weights_in_both_directions(data, tmp_path):
    splits, meta = data.split_and_encode(table(tmp_path, SERIES, data))
    fit_config = FitConfig(0, 2, 8, 0.01, Decay("none", 1.0), 0, 0.0, 1.0, 5, 100)
    network = Network(**{**SETTINGS, "kind": "simple_rnn", "dropout": 0.2, "output_steps": 6})
    first, second = (train(network, metrics_of(data), splits, meta, fit_config).model for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    mean = np.stack(network.predict(first, splits["test"], meta)["mean"])
    assert mean.shape == (6, 6)
    assert np.isfinite(mean).all()
