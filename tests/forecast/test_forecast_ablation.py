"""The trained smoothing of `es_lstm` without the correction of its LSTM."""

import keras
import numpy as np
import pytest
from series import table, task

from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.network import Network

SETTINGS = {
    "kind": "es_lstm", "direction": "forward", "layers": 1, "units": 3, "dropout": 0.0, "ensemble_size": 2,
    "output_steps": 6, "difference": 0, "mixture": "none", "recurrent_dropout": 0.0, "layer_norm": False,
    "residual": False,
}  # fmt: skip
SERIES = [20 + 0.5 * i + 4 * np.sin(i * np.pi / 2) + 0.3 * ((7 * i) % 5) for i in range(44)]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    return task(log=True, scaling="standard").split_and_encode(
        table(tmp_path_factory.mktemp("ablation"), SERIES)
    )


def corrected(meta, **changes):
    """Build a model whose smoothing is not the initial one, and whose LSTM adds 0.5 to every forecast."""
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, **changes})
    model = network.build(meta)
    ensemble = model.get_layer("ensemble")
    ensemble.head.bias.assign(np.full(ensemble.head.bias.shape, 0.5))
    if ensemble.smoothing is not None:
        ensemble.smoothing.cell.logits["alpha"].assign([2.0, 1.0])
    return network, model


def scaled_mean(predicted, meta):
    return Scale.from_meta(meta, "values").forward(np.stack(predicted["mean"])[..., None])[..., 0]


def test_without_the_correction_the_trained_smoothing_is_the_forecast(encoded):
    splits, meta = encoded
    network, model = corrected(meta)
    before = model.get_weights()
    [alone] = network.ablations(model, splits, meta)
    assert (alone.name, alone.part) == ("smoothing alone", "the LSTM")
    known = network.batch(splits["test"], meta)[0]["figures"]
    smoothing = model.get_layer("ensemble").smoothing
    path = np.asarray(smoothing.path(smoothing(np.repeat(known, 2, axis=2)), 6)).mean(axis=2)
    np.testing.assert_allclose(scaled_mean(alone.predicted, meta), path, atol=1e-5)
    full = scaled_mean(network.backtest(model, splits["test"], meta), meta)
    np.testing.assert_allclose(full - path, 0.5, atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_intervals_are_those_of_its_own_validation_errors(encoded):
    splits, meta = encoded
    network, model = corrected(meta)
    [alone] = network.ablations(model, splits, meta)
    model.get_layer("ensemble").remove_correction()
    network.calibrate(model, splits["validation"], meta)
    expected = network.backtest(model, splits["test"], meta)
    assert np.array_equal(np.stack(alone.predicted["q0.9"]), np.stack(expected["q0.9"]))


def test_other_kinds_have_no_smoothing(encoded):
    splits, meta = encoded
    network, model = corrected(meta, kind="lstm")
    assert network.ablations(model, splits, meta) == []
