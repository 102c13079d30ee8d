"""Grad-CAM on a network whose weights are set by hand."""

import base64
import dataclasses
import io

import numpy as np
from pictures_task import PARAMS, grey, task
from PIL import Image

from seqops.core.ragged import Split
from seqops.tasks.images.data.encoding import stored
from seqops.tasks.images.evaluation.grad_cam import heat_maps, last_convolution
from seqops.tasks.images.evaluation.thumbnails import SIDE, heated

META = {"shape": [8, 8, 1], "labels": ["dark", "light"], "pretext": [], "mean": [0.5], "spread": [0.5]}


def network(**changed: object):
    return dataclasses.replace(PARAMS.task("images").network(), shift=0, units=1, layers=1, **changed)


def lit_left_or_right():
    """Build a network of one filter that copies the light; the left half speaks for class 1 alone."""
    model = network(hidden=1, dropout=0.0).build(META)
    block, head = model.get_layer("block_0"), model.get_layer("head")
    centre = np.zeros((3, 3, 1, 1), np.float32)
    centre[1, 1] = 1.0
    for convolution in block.convolutions:
        convolution.kernel.assign(centre)
    left = np.zeros((4, 4), np.float32)
    left[:, :2] = 1.0
    head.hidden.kernel.assign(left.reshape(-1, 1))
    head.logits.kernel.assign([[-1.0, 1.0]])
    return model


def test_the_map_is_the_features_weighted_by_their_mean_gradient():
    model = lit_left_or_right()
    pixels = np.zeros((2, 8, 8, 1), np.float32)
    pixels[0, 2, 1], pixels[0, 5, 6] = 2.0, 1.0
    maps, logits = heat_maps(model, last_convolution(model), pixels)
    # the one filter has a positive mean gradient, so its map shows the light, scaled to a maximum of 1
    assert maps[0, 2, 1] == 1.0
    np.testing.assert_allclose(maps[0, 5, 6], 0.5, atol=1e-3)
    assert np.count_nonzero(maps[0]) == 2
    assert not maps[1].any()  # an unlit picture
    np.testing.assert_allclose(logits[0], [-2.0, 2.0], atol=0.01)
    np.testing.assert_allclose(logits, model.predict_on_batch(pixels), rtol=1e-6)


def test_other_kinds_have_no_map():
    assert last_convolution(network(kind="lstm").build(META)) is None
    assert last_convolution({"weights": np.zeros(1)}) is None


def test_the_hottest_place_is_reddened_and_the_others_stay():
    heat = np.zeros((2, 2))
    heat[0, 0] = 1.0
    address = heated(grey(100), heat)
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert pixels.shape == (SIDE, SIDE, 3)
    assert pixels[0, 0].tolist() == [193, 40, 40]  # 0.4 x 100 + 0.6 x (255, 0, 0)
    assert pixels[-1, -1].tolist() == [100, 100, 100]


def test_the_report_shows_one_picture_of_each_class():
    evaluation = dataclasses.replace(PARAMS.task("images").evaluation(), data=task())
    truth = Split(
        {"picture": stored([grey(250), grey(0), grey(255)]), "label": np.array([1, 0, 1], np.int32)}
    )
    tables = evaluation.explanations(lit_left_or_right(), truth, META)
    table = tables["What the answers depend on (Grad-CAM)"]
    assert table["truth"].tolist() == ["dark", "light"]
    assert table["predicted"].tolist()[1] == "light"
    assert evaluation.explanations(network(kind="lstm").build(META), truth, META) == {}
