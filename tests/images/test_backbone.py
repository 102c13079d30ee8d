"""Published networks under a new head: their inputs, their weights, and what is frozen."""

import dataclasses
import shutil

import h5py
import keras
import numpy as np
import pytest
import test_images_network
from pictures_task import ROOT, task

from seqops.core.array_cache import ArrayCache
from seqops.core.errors import ConfigError, DataError
from seqops.core.settings import Stage
from seqops.preprocessing import weights_choice
from seqops.preprocessing.pretrained_weights import WeightsStore
from seqops.tasks.images.data.encoding import standardised
from seqops.tasks.images.evaluation.grad_cam import heat_maps, last_convolution
from seqops.tasks.images.metrics import Metrics
from seqops.tasks.images.model.backbone import Backbone
from seqops.tasks.images.model.features import batches
from seqops.tasks.images.model.network import Network, logits_of
from seqops.training.frozen_statistics import freeze_statistics
from seqops.training.loop import train
from seqops.training.optimizer import freeze_and_scale, optimizer_of

SIDE = 32
NETWORK = dataclasses.replace(test_images_network.NETWORK, kind="backbone", backbone="MobileNet")
FIT = dataclasses.replace(test_images_network.FIT, batch_size=16)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("light")
    return test_images_network.classes_of_light(folder, height=SIDE, width=SIDE)


@pytest.fixture(scope="module")
def published():
    """A small network of keras.applications with weights of its own."""
    keras.utils.set_random_seed(7)
    return keras.applications.MobileNet(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.delenv("SEQOPS_STATE", raising=False)
    return tmp_path


def arrays_of(network):
    return {"/".join(v.path.split("/")[-2:]): v.numpy() for v in network.weights}


def with_weights(meta, name):
    return {**meta, "pretrained": weights_choice.meta_of(name, weights_choice.read_weights(name))}


def batch_of(splits, meta):
    return NETWORK.batch(NETWORK.training_rows(splits["train"]), meta)


def test_grey_pixels_reach_the_network_as_it_was_published(published):
    mean, spread = [0.25], [0.5]
    layer = Backbone("MobileNet", mean, spread)
    pixels = np.arange(2 * SIDE * SIDE).reshape(2, SIDE, SIDE, 1) % 256
    standardised = (pixels / 255 - 0.25) / 0.5
    layer.build((None, SIDE, SIDE, 1))
    layer.network.set_weights(published.get_weights())
    prepared = keras.applications.mobilenet.preprocess_input(np.repeat(pixels, 3, axis=-1).astype("float32"))
    expected = np.asarray(published(prepared)).mean((1, 2))
    found = np.asarray(layer(standardised.astype("float32")))
    assert found.shape == expected.shape == layer.compute_output_shape(pixels.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_an_efficientnet_normalises_as_its_published_weights_expect():
    layer = Backbone("EfficientNetB0", [0.0], [1.0])
    layer.build((None, SIDE, SIDE, 3))
    [normal] = [each for each in layer.network.layers if isinstance(each, keras.layers.Normalization)]
    light = np.array([0.485 + 0.229, 0.456, 0.406 - 0.225], np.float32)
    np.testing.assert_allclose(np.asarray(normal(light[None, None, None]))[0, 0, 0], [1, 0, -1], atol=1e-5)


@pytest.mark.parametrize("layers", [("head",), ("conv_pw_13_bn", "head")])
def test_frozen_layers_keep_weights_and_statistics(encoded, layers):
    splits, meta = encoded
    model = NETWORK.build(meta, optimizer_of(FIT))
    freeze_and_scale(model, Stage(1, 0.01, layers=layers))
    freeze_statistics(model)
    before = {v.path: v.numpy() for v in model.weights}
    model.train_on_batch(*batch_of(splits, meta))
    moved = {v.path for v in model.weights if (v.numpy() != before[v.path]).any()}
    assert {path.split("/")[0 if "head" in path else 1] for path in moved} == {*layers}
    if "conv_pw_13_bn" in layers:
        assert "backbone/conv_pw_13_bn/moving_mean" in moved


def test_grad_cam_weights_the_places_of_the_backbone(encoded):
    splits, meta = encoded
    rows = splits["test"].take(np.arange(2))
    model = NETWORK.build(meta)
    maps, logits = heat_maps(model, last_convolution(model), standardised(rows.ragged("picture"), meta))
    assert maps.shape == (2, 1, 1)
    np.testing.assert_allclose(logits, logits_of(model, rows, meta), rtol=1e-4, atol=1e-5)


def test_the_name_backbone_trains_all_of_it(encoded):
    model = NETWORK.build(encoded[1], optimizer_of(FIT))
    trained = len(model.trainable_variables)
    freeze_and_scale(model, Stage(1, 0.01, layers=("backbone", "head"), layer_lr_decay=10.0))
    assert len(model.trainable_variables) == trained
    assert sorted({round(share, 3) for share in model.optimizer.learning_rate_shares.values()}) == [0.1, 1.0]


@pytest.mark.slow
def test_a_fit_in_stages_starts_from_weights(project, encoded, published):
    splits, meta = encoded
    np.savez(project / "base.npz", allow_pickle=False, **arrays_of(published))
    meta = with_weights(meta, "base.npz")
    stages = (Stage(1, 0.01, layers=("head",)), Stage(1, 1e-9, layers=("conv_pw_13", "head")))
    found = train(NETWORK, Metrics(task()), splits, meta, dataclasses.replace(FIT, stages=stages))
    base, after = arrays_of(published), arrays_of(found.model.get_layer("backbone"))
    assert [row.stage for row in found.epochs if row.trained] == [0, 1]
    assert {key for key in base if not np.allclose(base[key], after[key], atol=1e-6)} == set()


def test_the_head_trains_on_features_that_are_computed_once(encoded, tmp_path, monkeypatch):
    splits, meta = encoded
    model = NETWORK.build(meta, optimizer_of(FIT))
    assert NETWORK.frozen_features(model, meta) is None
    freeze_and_scale(model, Stage(1, 0.01, layers=("head",)))
    assert dataclasses.replace(NETWORK, flip=True).frozen_features(model, meta) is None
    found, rows, cache = NETWORK.frozen_features(model, meta), splits["validation"], ArrayCache(tmp_path)
    features = found.encode(rows, cache)
    assert [v.path for v in found.upper.trainable_variables] == [v.path for v in model.trainable_variables]
    np.testing.assert_allclose(
        logits_of(found.upper, features, meta), logits_of(model, rows, meta), rtol=1e-4, atol=1e-5
    )
    found.upper.train_on_batch(*NETWORK.batch(features.take(np.arange(8)), meta)[:2])
    assert model.optimizer.iterations.numpy() == 1
    monkeypatch.setattr(keras.Model, "predict_on_batch", None)
    np.testing.assert_array_equal(found.encode(rows, cache).plain("features"), features.plain("features"))
    variable = model.get_layer("backbone").weights[0]
    variable.assign(variable + 1)
    with pytest.raises(TypeError, match="not callable"):
        found.encode(rows, cache)


@pytest.mark.slow
def test_a_fit_on_stored_features_ends_with_the_weights_of_one_without(encoded, tmp_path, monkeypatch):
    splits, meta = encoded
    config = dataclasses.replace(FIT, stages=(Stage(2, 0.01, layers=("head",)),))
    stored = train(NETWORK, Metrics(task()), splits, meta, config, tmp_path / "fit.npz")
    assert len([*(tmp_path / "features").iterdir()]) == 2
    monkeypatch.setattr(Network, "frozen_features", lambda *_: None)
    whole = train(NETWORK, Metrics(task()), splits, meta, config)
    for one, other in zip(stored.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["base.npz", "base.weights.h5", "published.h5"])
def test_weights_are_read_from_each_kind_of_file(project, published, name):
    if name == "base.npz":
        np.savez(project / name, allow_pickle=False, **arrays_of(published))
    elif name == "base.weights.h5":
        published.save_weights(project / name)
    else:
        save_as_published(published, project / name)
    meta = with_weights({}, name)
    assert meta["pretrained"]["name"] == name
    assert_loads(published, meta)


def assert_loads(published, meta):
    layer = Backbone("MobileNet", [0.0], [1.0])
    layer.build((None, SIDE, SIDE, 3))
    layer.load(meta)
    for key, array in arrays_of(layer.network).items():
        np.testing.assert_array_equal(array, arrays_of(published)[key])


def save_as_published(network, path):
    """Write the layout of the files at keras.io: groups of layers, with the names in attributes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [v.path.encode() for v in layer.weights]
            for variable in layer.weights:
                group[variable.path] = variable.numpy()


def test_named_weights_come_from_the_store(project, published):
    sha256 = WeightsStore.of_state(project / ".state").add("base", arrays_of(published), {})
    meta = with_weights({}, "base")
    assert meta["pretrained"] == {"name": "base", "sha256": sha256}
    assert_loads(published, meta)


def test_weights_that_do_not_fit_are_refused(project, published):
    arrays = arrays_of(published)
    del arrays["conv1/kernel"]
    np.savez(project / "less.npz", allow_pickle=False, **arrays)
    np.savez(project / "wide.npz", allow_pickle=False, **arrays, **{"conv1/kernel": np.zeros((3, 3, 1, 32))})
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(project / "other.weights.h5")
    published.save_weights(project / "part.weights.h5")
    with h5py.File(project / "part.weights.h5", "a") as file:
        file["layers/conv2d/vars/0"][0, 0, 0, 0] = np.nan
    layer = Backbone("MobileNet", [0.0], [1.0])
    layer.build((None, SIDE, SIDE, 3))
    for name, why in (
        ("less.npz", "those of MobileNet without its classifier: they have no conv1/kernel"),
        ("wide.npz", r"the shape of conv1/kernel is \(3, 3, 1, 32\), not \(3, 3, 3, 32\)"),
        ("part.weights.h5", "MobileNet without its classifier: they have no conv1/kernel"),
        ("other.weights.h5", "'other.weights.h5' are not those of MobileNet without its classifier"),
    ):
        with pytest.raises(DataError, match=why):
            layer.load(with_weights({}, name))
    with pytest.raises(DataError, match=r"less\.npz has changed since `preprocess`"):
        layer.load({"pretrained": {"name": "less.npz", "sha256": "0"}})


def test_paths_that_are_not_here_or_not_weights_are_refused(project):
    (project / "text.npz").write_text("x")
    (project / "text.h5").write_text("x")
    np.savez(project / "objects.npz", a=np.array([{}], object))
    for name, error, why in (
        ("none.h5", DataError, "none.h5 does not exist"),
        ("/none.h5", ConfigError, "/none.h5 is not relative to the project"),
        ("text.npz", DataError, "not a readable .npz file"),
        ("objects.npz", DataError, "not a readable .npz file"),
        ("text.h5", DataError, "text.h5: not a readable HDF5 file"),
        ("minilm", DataError, "Download them: `seqops weights minilm`"),
    ):
        with pytest.raises(error, match=why):
            weights_choice.read_weights(name)


def test_batches_of_large_pictures_are_smaller():
    sizes = {side: [len(rows) for rows in batches(300, {"shape": [side, side, 3]})] for side in (8, 64, 128)}
    assert sizes == {8: [256, 44], 64: [256, 44], 128: [64, 64, 64, 64, 44]}
    assert [len(rows) for rows in batches(2, {"shape": [5000, 5000, 3]})] == [1, 1]


def test_settings_that_cannot_be_are_named(encoded):
    with pytest.raises(ValueError, match=r"no network 'VGG17': did you mean VGG1[69]\?"):
        dataclasses.replace(NETWORK, backbone="VGG17")
    small = dataclasses.replace(NETWORK, backbone="InceptionV3")
    with pytest.raises(ConfigError, match=r"InceptionV3 takes no pictures of 32 x 32 .* at least 75x75"):
        small.build(encoded[1])
    with pytest.raises(ConfigError, match=r"a model of the kind cnn starts from no weights"):
        task(pretrained="base").check_model({"kind": "cnn"})
    assert NETWORK.pretext() is None
