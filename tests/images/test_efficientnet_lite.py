"""EfficientNet-Lite0: weights of the torch version have their places, axes and padding."""

import keras
import numpy as np
import pytest

from seqops.preprocessing.pretrained_weights import PretrainedWeights
from seqops.tasks.images.model import backbone
from seqops.tasks.images.model.backbone import Backbone

SIDE = 32
NORM = ("weight", "bias", "running_mean", "running_var")


def torch_arrays():
    """Return the arrays of the published file by name, with numbers of our own."""
    rng = np.random.default_rng(0)

    def layer(name, norm, out, inside, side):
        kernel = rng.normal(0, 1 / np.sqrt(inside * side**2), (out, inside, side, side))
        return {
            f"{name}.weight": kernel.astype(np.float32),
            **{f"{norm}.{part}": rng.uniform(0.5, 1.5, out).astype(np.float32) for part in NORM},
        }

    arrays, width, number = layer("_conv_stem", "_bn0", 32, 3, 3), 32, 0
    for expansion, side, channels, count in (
        (1, 3, 16, 1), (6, 3, 24, 2), (6, 5, 40, 2), (6, 3, 80, 3), (6, 5, 112, 3),
        (6, 5, 192, 4), (6, 3, 320, 1),
    ):  # fmt: skip
        for _ in range(count):
            inside, wide = f"_blocks.{number}", width * expansion
            if expansion > 1:
                arrays |= layer(f"{inside}._expand_conv", f"{inside}._bn0", wide, width, 1)
            arrays |= layer(f"{inside}._depthwise_conv", f"{inside}._bn1", wide, 1, side)
            arrays |= layer(f"{inside}._project_conv", f"{inside}._bn2", channels, wide, 1)
            width, number = channels, number + 1
    return {**arrays, **layer("_conv_head", "_bn1", 1280, 320, 1), "_fc.weight": np.zeros((1000, 1280))}


@pytest.fixture(scope="module")
def arrays():
    return torch_arrays()


@pytest.fixture
def loaded(arrays, monkeypatch):
    layer = Backbone("EfficientNetLite0", [0.0] * 3, [1.0] * 3)
    layer.build((None, SIDE, SIDE, 3))
    monkeypatch.setattr(backbone.weights_choice, "weights_of", lambda meta: PretrainedWeights.of(arrays))
    layer.load({"pretrained": {"name": "efficientnet-lite0"}})
    return layer


def normalised(x, arrays, norm):
    weight, bias, mean, variance = (arrays[f"{norm}.{part}"] for part in NORM)
    return (x - mean) / np.sqrt(variance + 1e-3) * weight + bias


def test_every_array_but_the_classifier_has_a_place(loaded, arrays):
    assert len(loaded.network.weights) == len(arrays) - 1
    placed = {variable.numpy().astype("f4").tobytes() for variable in loaded.network.weights}
    for name in ("_bn1.running_var", "_blocks.15._bn2.bias", "_blocks.0._bn1.running_mean"):
        assert arrays[name].tobytes() in placed


def test_the_first_layers_compute_what_torch_does_with_padding_as_tensorflow(loaded, arrays):
    light = np.random.default_rng(1).uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
    names = ("stem_relu", "block1a_depthwise_relu", "block1a_project_norm")
    outputs = [loaded.network.get_layer(name).output for name in names]
    below = keras.Model(loaded.network.input, outputs)
    stem, filtered, projected = (np.asarray(x)[0] for x in below(((light - 127) / 128)[None]))

    # stride 2 of an even side: the missing row and column are the last
    padded = np.pad((light - 127) / 128, ((0, 1), (0, 1), (0, 0)))
    patch = padded[2 * 15 : 2 * 15 + 3, 2 * 4 : 2 * 4 + 3]
    expected = np.einsum("hwi,oihw->o", patch, arrays["_conv_stem.weight"])
    np.testing.assert_allclose(stem[15, 4], normalised(expected, arrays, "_bn0").clip(0, 6), atol=1e-4)

    around = stem[6:9, 3:6]
    expected = np.einsum("hwc,chw->c", around, arrays["_blocks.0._depthwise_conv.weight"][:, 0])
    expected = normalised(expected, arrays, "_blocks.0._bn1").clip(0, 6)
    np.testing.assert_allclose(filtered[7, 4], expected, atol=1e-4)

    expected = filtered[7, 4] @ arrays["_blocks.0._project_conv.weight"][:, :, 0, 0].T
    np.testing.assert_allclose(projected[7, 4], normalised(expected, arrays, "_blocks.0._bn2"), atol=1e-4)


def test_pixels_reach_the_network_as_it_was_published(loaded):
    pixels = np.full((1, SIDE, SIDE, 3), 127 / 255, np.float32)
    expected = loaded.network(np.zeros((1, SIDE, SIDE, 3), np.float32))
    np.testing.assert_allclose(loaded.features(pixels), expected, rtol=1e-3, atol=1e-4)
