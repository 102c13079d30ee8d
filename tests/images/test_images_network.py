"""Networks of pictures: what is random, what is frozen, and pretraining on other classes."""

import dataclasses

import keras
import numpy as np
import pytest
from pictures_task import PARAMS, grey, task, zipped

from seqops.core.errors import ConfigError
from seqops.core.settings import Decay, FitConfig, Stage
from seqops.tasks.images.evaluation import baselines
from seqops.tasks.images.metrics import Metrics
from seqops.tasks.images.model import classical
from seqops.tasks.images.model.classical import PixelClassifier
from seqops.tasks.images.model.layers import Augment, ConvBlock
from seqops.tasks.images.model.network import Network
from seqops.tasks.images.model.vision_transformer import Patches
from seqops.training.frozen_statistics import freeze_statistics
from seqops.training.loop import train
from seqops.training.optimizer import freeze_and_scale, optimizer_of

NETWORK = Network(
    "cnn",
    "VGG16",
    units=2,
    layers=2,
    patch=2,
    heads=2,
    hidden=4,
    dropout=0.0,
    shift=0,
    flip=False,
    colour=0.0,
)
FIT = FitConfig(0, 1, 8, 0.01, Decay("none", 0.0), 0, 0.0, 1.0, 9, 99)
PIXELS = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4, 1)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Four classes of light, of which c and d are for pretraining."""
    return classes_of_light(tmp_path_factory.mktemp("light"), max_labelled=10)


def classes_of_light(folder, **changed):
    files = {f"{'abcd'[i // 50]}/{i}.png": grey(i) for i in range(200)}
    data = task(layout="folders", pretext_labels=("c", "d"), **changed)
    return data.split_and_encode(data.read([zipped(folder / "x.zip", files)]))


def augmented(seed, **changes):
    layer = Augment(**({"shift": 0, "flip": False, "colour": 0.0} | changes))
    layer.seeds.state.assign(np.array([seed, 1], np.uint32))
    return np.asarray(layer(PIXELS, training=True))


def test_pictures_are_changed_in_training_alone_and_by_the_seed():
    changes = {"shift": 1, "flip": True, "colour": 0.2}
    assert (np.asarray(Augment(**changes)(PIXELS)) == PIXELS).all()
    assert (augmented(3, **changes) == augmented(3, **changes)).all()
    assert (augmented(3, **changes) != augmented(4, **changes)).any()


def test_a_mirrored_picture_is_mirrored_and_a_moved_one_repeats_its_border():
    seen = {augmented(seed, flip=True)[0, :, :, 0].tobytes() for seed in range(20)}
    assert seen == {PIXELS[0, :, :, 0].tobytes(), PIXELS[0, :, ::-1, 0].tobytes()}
    moved = [augmented(seed, shift=1)[0, :, :, 0] for seed in range(40)]
    expected = {
        np.pad(PIXELS[0, :, :, 0], 1, mode="edge")[y : y + 4, x : x + 4].tobytes()
        for y in range(3)
        for x in range(3)
    }
    assert {each.tobytes() for each in moved} <= expected
    assert len({each.tobytes() for each in moved}) > 4


def test_a_frozen_block_keeps_its_weights_and_statistics(encoded):
    splits, meta = encoded
    model = NETWORK.build(meta, optimizer_of(FIT))
    freeze_and_scale(model, Stage(1, 0.01, layers=("block_1", "head")))
    freeze_statistics(model)
    before = {v.path: v.numpy() for v in model.variables}
    model.train_on_batch(*NETWORK.batch(NETWORK.training_rows(splits["train"]), meta))
    moved = {v.path.split("/")[0] for v in model.variables if (v.numpy() != before[v.path]).any()}
    assert moved == {"block_1", "head"}
    assert any("moving_mean" in path for path in before)


def test_odd_sides_are_rounded_up():
    block = ConvBlock(3, 0.0)
    assert block(np.zeros((1, 7, 5, 1), np.float32)).shape == (1, 4, 3, 3)
    assert block.compute_output_shape((None, 7, 5, 1)) == (None, 4, 3, 3)


def test_patches_go_from_left_to_right_and_from_the_top():
    layer = Patches(2, 3)
    layer(PIXELS)
    divided = np.asarray(layer.divided(PIXELS))[0].tolist()
    assert divided == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


def test_the_class_token_comes_first_and_every_patch_has_its_position():
    layer = Patches(2, 3)
    first = np.asarray(layer(PIXELS))
    assert first.shape == (2, 5, 3) == layer.compute_output_shape(PIXELS.shape)
    assert (first[:, 0] == np.asarray(layer.positions)[:, 0]).all()
    layer.positions.assign(np.ones((1, 5, 3)))
    moved = np.asarray(layer(PIXELS)) - 1
    expected = np.asarray(layer.embed(layer.divided(PIXELS)))
    np.testing.assert_allclose(moved[:, 1:], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"), [({"patch": 3}, "model.patch: 3"), ({"heads": 4}, "4 heads")]
)
def test_sizes_that_do_not_divide_each_other_are_named(encoded, changes, message):
    with pytest.raises(ConfigError, match=message):
        dataclasses.replace(NETWORK, kind="vit", **changes).build(encoded[1])


@pytest.mark.parametrize("kind", ["lstm", "vit"])
def test_every_kind_learns_two_classes_of_light(tmp_path, kind):
    splits, meta = classes_of_light(tmp_path)
    network = dataclasses.replace(NETWORK, kind=kind, units=8)
    found = train(network, Metrics(task()), splits, meta, dataclasses.replace(FIT, epochs=8))
    assert found.best.point() > 0.8


def test_pretext_pictures_train_no_head_and_are_not_tested(encoded):
    splits, meta = encoded
    train_rows = splits["train"]
    assert (train_rows.plain("label") >= 0).sum() == 10
    assert ((train_rows.plain("label") >= 0) != (train_rows.plain("pretext") >= 0)).all()
    assert (splits["test"].plain("pretext") == -1).all()
    assert (splits["validation"].plain("pretext") >= 0).any()
    assert meta["labels"] == ["a", "b"]


def test_a_pretext_stage_gives_its_blocks_and_not_its_head(encoded):
    splits, meta = encoded
    stages = (Stage(1, 0.01, "pretext"), Stage(1, 1e-9, layers=("head",)))
    found = train(NETWORK, Metrics(task()), splits, meta, dataclasses.replace(FIT, stages=stages))
    keras.utils.set_random_seed(FIT.seed)
    initial = NETWORK.build(meta)
    same = {
        v.path.split("/")[0]: np.allclose(v, w, atol=1e-6)
        for v, w in zip(found.model.variables, initial.variables, strict=True)
        if v.path.endswith("kernel")
    }
    assert (same["block_0"], same["head"]) == (False, True)
    assert [row.objective for row in found.epochs if row.trained] == ["pretext", "goal"]


def test_pictures_without_a_label_do_not_count(encoded):
    splits, meta = encoded
    rows, metrics = splits["validation"], Metrics(task())
    known = rows.plain("label") >= 0
    predicted = NETWORK.predict(NETWORK.build(meta), rows, meta)
    right = (predicted["label"] == rows.plain("label"))[known].mean()
    scores = {score.name: score for score in metrics.score(predicted, rows, meta)}
    assert not known.all()
    assert scores["accuracy"].point() == pytest.approx(right)


def test_a_pretext_stage_without_labels_is_refused(encoded):
    _, meta = encoded
    with pytest.raises(ConfigError, match=r"two or more labels in data.pretext_labels"):
        NETWORK.pretext().network.build({**meta, "pretext": []})


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_a_classical_model_learns_two_classes_of_light(tmp_path, kind):
    splits, meta = classes_of_light(tmp_path)
    model, metrics = PixelClassifier(kind), PARAMS.task("images").metrics()
    fitted = model.from_arrays(model.to_arrays(model.fit(metrics, splits, meta)), meta)
    predicted = model.predict(fitted, splits["test"], meta)
    assert (predicted["label"] == splits["test"].plain("label")).mean() > 0.8


def test_an_svm_learns_from_a_part_of_many_pictures(tmp_path, monkeypatch):
    splits, meta = classes_of_light(tmp_path)
    metrics = PARAMS.task("images").metrics()
    whole = baselines.classical(splits, metrics, meta)
    assert [each.name for each in whole] == ["logistic regression of pixels", "RBF SVM of pixels"]
    monkeypatch.setattr(classical, "SVM_PICTURES", 20)
    part = baselines.classical(splits, metrics, meta)[1]
    assert part.name == "RBF SVM of 20 pictures"
    # of every class: the pictures of a folder follow each other
    assert (part.predicted["label"] == splits["test"].plain("label")).mean() > 0.8
