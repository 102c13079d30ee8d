"""A fit that starts from the weights of an earlier one: the file, what is carried over, and refusals."""

import hashlib
import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from series import months, task, write_csv
from test_forecast_global_network import FIT_CONFIG, META, SETTINGS, SPLITS, SeriesMetrics

from seqops.core.errors import ConfigError, DataError
from seqops.tasks.forecast.data.pretrained import HDF5, content_of, weights_of, with_pretrained
from seqops.tasks.forecast.model.network import Network
from seqops.training.loop import train

WARM = task(scaling="window", pretrained="m3.weights.h5")
CONTENT = HDF5 + b"weights"
ROWS = [f"{month},{100 + i}" for i, month in enumerate(months(30))]


def sources(folder, content=CONTENT):
    """Write a series and a file of weights."""
    (folder / "m3.weights.h5").write_bytes(content)
    return [folder / "m3.weights.h5", write_csv(folder, ROWS)]


def trained(folder, meta=META, **changes):
    """Save random weights of a network; return it, its model, and the meta of a fit that starts from them."""
    keras.utils.set_random_seed(7)
    network = Network(**{**SETTINGS, **changes})
    model = network.build(meta)
    random = np.random.default_rng(7)
    model.set_weights([random.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    return network, model, {**meta, "pretrained": saved(folder, model)}


def saved(folder, model):
    model.save_weights(folder / "m3.weights.h5")
    table = WARM.read([folder / "m3.weights.h5", write_csv(folder, ROWS)])
    return weights_of(table, "m3.weights.h5")


def test_the_meta_has_the_weights_file_and_the_table_only_the_series(tmp_path):
    splits, meta = WARM.split_and_encode(WARM.read(sources(tmp_path)))
    assert content_of(json.loads(json.dumps(meta))["pretrained"]) == CONTENT
    # as the card of a model names them
    assert meta["pretrained"]["name"] == "m3.weights.h5"
    assert meta["pretrained"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    cold = replace(WARM, pretrained="")
    same, without = cold.split_and_encode(cold.read([tmp_path / "series.csv"]))
    assert without == {**meta, "pretrained": {}}
    np.testing.assert_array_equal(same["test"].plain("targets"), splits["test"].plain("targets"))


def test_a_file_that_is_no_source_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data.pretrained: m3.weights.h5 is none of the source files"):
        WARM.read([write_csv(tmp_path, ROWS)])


def test_a_file_that_holds_no_weights_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"m3.weights.h5: no weights file. Give the model.weights.h5 of"):
        WARM.read(sources(tmp_path, b"month,value"))


def test_another_scaling_is_refused():
    with pytest.raises(ConfigError, match=r"data.pretrained needs data.scaling: window"):
        replace(WARM, scaling="standard")


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn", "dense", "es_lstm"])
def test_a_new_model_has_exactly_the_weights_of_the_file(tmp_path, kind):
    network, model, meta = trained(tmp_path, kind=kind)
    (tmp_path / "m3.weights.h5").unlink()
    keras.utils.set_random_seed(0)
    started = network.build(json.loads(json.dumps(meta)))
    for new, old in zip(started.trainable_variables, model.trainable_variables, strict=True):
        assert new.path == old.path
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize(
    ("here", "refusal"),
    [
        ({"ensemble_size": 3}, r"with model.ensemble_size 2 \(here 3\)\. Set the same here"),
        ({"units": 4}, r"with model.units 3 \(here 4\)\."),
        ({"layers": 1}, r"with model.layers 2 \(here 1\)\."),
        ({"kind": "gru"}, r"with model.kind lstm \(here gru\)\."),
        ({"kind": "es_lstm"}, r"with model.kind lstm \(here es_lstm\)\."),
        ({"kind": "dense", "units": 5}, r"with model.kind lstm \(here dense\), model.units 3 \(here 5\)\."),
        ({"layer_norm": True}, r"with model.layer_norm false \(here true\)\."),
        ({"direction": "both"}, r"with model.direction forward \(here both\)\."),
    ],
)
def test_weights_of_another_model_are_refused_by_the_settings_that_differ(tmp_path, here, refusal):
    _, _, meta = trained(tmp_path)
    with pytest.raises(ConfigError, match=refusal):
        Network(**{**SETTINGS, **here}).build(meta)


@pytest.mark.parametrize(
    ("here", "refusal"),
    [
        ({"horizon": 5}, r"with data.horizon 6 \(here 5\)\."),
        ({"values": ["a", "b"]}, r"with columns in data.values 1 \(here 2\)\."),
        ({"window": 10}, "with other inputs: data.calendar, .* or data.window differs"),
        ({"calendar_size": 4}, "with other inputs: data.calendar, .* or data.window differs"),
    ],
)
def test_weights_for_other_data_are_refused_by_the_settings_that_differ(tmp_path, here, refusal):
    network, _, meta = trained(tmp_path, kind="dense")
    with pytest.raises(ConfigError, match=refusal):
        network.build({**meta, **here})


def test_a_recurrent_network_may_read_another_window(tmp_path):
    network, model, meta = trained(tmp_path)
    started = network.build({**meta, "window": 12})
    np.testing.assert_array_equal(started.trainable_variables[0], model.trainable_variables[0])


def test_weights_of_a_model_with_another_scaling_are_refused(tmp_path):
    network, _, meta = trained(tmp_path, {**META, "scaling": "standard"})
    with pytest.raises(ConfigError, match=r"the weights are not of a forecast with data.scaling: window"):
        network.build({**meta, "scaling": "window"})


def test_a_damaged_file_is_refused(tmp_path):
    table = with_pretrained(WARM.read(sources(tmp_path)), "m3.weights.h5", sources(tmp_path, HDF5 + b"no"))
    with pytest.raises(ConfigError, match="the weights file is damaged"):
        Network(**SETTINGS).build({**META, "pretrained": weights_of(table, "m3.weights.h5")})


def test_a_fit_starts_from_the_weights_and_repeats_exactly(tmp_path):
    network, model, meta = trained(tmp_path, kind="dense")
    metrics = SeriesMetrics(None)
    [start] = metrics.score(network.validate(model, SPLITS["validation"], meta), SPLITS["validation"], meta)
    first, second = (train(network, metrics, SPLITS, meta, FIT_CONFIG) for _ in range(2))
    assert first.initial.point() == start.point()
    assert first.best_epoch.trained
    for one, other in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
