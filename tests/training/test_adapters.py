"""Adapters change nothing at the start, are all that is trained, and are merged exactly."""

import dataclasses

import keras
import numpy as np
import pytest

from seqops.core.adapter import NO_ADAPTER, Adapter
from seqops.core.errors import ConfigError
from seqops.training.adapters import attach, kept_variables, merge, sublayers
from seqops.training.loop import train
from toy import FIT_CONFIG, ToyData, ToyMetrics, ToyNetwork, make_split

META = {"digits": 4}
KINDS = ("lora", "qlora", "dora")
ROWS = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


class Block(keras.layers.Layer):
    """A layer with layers of its own, in an attribute, a list and by dtype."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.query = keras.layers.Dense(7, name="query")
        self.inner = [keras.layers.Dense(5, "tanh", name="inner")]
        self.norm = keras.layers.LayerNormalization(name="norm")

    def build(self, shape):
        self.query.build(shape)
        self.inner[0].build((None, 7))
        self.norm.build((None, 5))
        self.scale = self.add_weight(shape=(5,), initializer="ones", name="scale")

    def call(self, x):
        return self.norm(self.inner[0](self.query(x))) * self.scale


def built(seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    x = Block(name="block")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, name="head")(x))
    model.compile("sgd", "mse", jit_compile=False)
    return model


def adapter(kind, **changed):
    return Adapter(**{"kind": kind, "rank": 2, "alpha": 4.0, "targets": ("query", "inner"), **changed})


def trained(kind):
    model = built()
    attach(model, adapter(kind))
    model.optimizer.learning_rate = 0.5
    for _ in range(5):
        model.train_on_batch(ROWS, np.ones((6, 2)))
    return model


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_it_changes_no_output_at_the_start(kind):
    plain, adapted = built(), built()
    attach(adapted, adapter(kind))
    np.testing.assert_allclose(adapted.predict(ROWS, verbose=0), plain.predict(ROWS, verbose=0), rtol=1e-6)


def test_rounding_to_int8_changes_the_start_little_but_somewhat():
    plain, adapted = built(), built()
    attach(adapted, adapter("qlora"))
    error = np.abs(adapted.predict(ROWS, verbose=0) - plain.predict(ROWS, verbose=0)).max()
    assert 0 < error < 0.05
    assert sum(v.dtype == "int8" for v in adapted.weights) == 2  # not the head


@pytest.mark.parametrize("kind", KINDS)
def test_the_merged_model_predicts_as_the_adapted_one(kind):
    adapted, merged, start = trained(kind), built(1), built()
    merge(adapted, merged)
    expected = adapted.predict(ROWS, verbose=0)
    np.testing.assert_allclose(merged.predict(ROWS, verbose=0), expected, atol=1e-5)
    assert np.abs(expected - start.predict(ROWS, verbose=0)).max() > 0.1
    assert merged.count_params() == start.count_params()


@pytest.mark.parametrize("kind", KINDS)
def test_only_adapters_and_the_head_are_trained_and_kept(kind):
    model, before = trained(kind), built()
    names = [variable.path.split("/")[-1] for variable in model.trainable_weights]
    ab = ["lora_kernel_a", "lora_kernel_b", *(["dora_magnitude"] if kind == "dora" else [])]
    assert sorted(names) == sorted([*ab, *ab, "kernel", "bias"])
    kept = kept_variables(model, adapter(kind))
    assert [v.path for v in kept] == [v.path for v in model.trainable_weights]
    if kind != "qlora":
        frozen = [v for v in model.weights if not v.trainable]
        starts = {v.path: v for v in before.weights}
        assert len(frozen) == 7  # two kernels, their biases, gamma, beta and the scale
        for variable in frozen:
            np.testing.assert_array_equal(variable.numpy(), starts[variable.path].numpy())


def test_without_adapters_all_weights_are_kept():
    model = built()
    attach(model, NO_ADAPTER)
    assert kept_variables(model, NO_ADAPTER) == list(model.weights) == list(model.trainable_weights)


def test_lora_by_hand():
    model = built()
    attach(model, adapter("lora"))
    layer = next(layer for layer in sublayers(model) if layer.name == "query")
    kernel = layer.kernel.numpy()
    layer.lora_kernel_a.assign(np.full((5, 2), 0.5))
    layer.lora_kernel_b.assign(np.full((2, 7), 3.0))
    # alpha / rank = 2, times 2 columns of 0.5 * 3
    np.testing.assert_allclose(layer.kernel.numpy(), kernel + 6.0, rtol=1e-6)


def test_dora_by_hand():
    model = built()
    attach(model, adapter("dora"))
    layer = next(layer for layer in sublayers(model) if layer.name == "query")
    layer.magnitude.assign(np.arange(7.0))
    layer.lora_kernel_b.assign(np.ones((2, 7)))
    np.testing.assert_allclose(np.linalg.norm(layer.kernel.numpy(), axis=0), np.arange(7.0), rtol=1e-5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"targets": ("key",)},
            r"fit\.adapter\.targets: the model has no layer 'key'\. It has: block, query, ",
        ),
        ({"layers": ("top",)}, r"fit\.adapter\.layers: the model has no layer 'top'\."),
        ({"targets": ("norm",)}, "is of the kind LayerNormalization, for which there is no lora"),
    ],
)
def test_a_layer_that_takes_no_adapter_is_named(changed, message):
    with pytest.raises(ConfigError, match=message):
        attach(built(), adapter("lora", **changed))


def test_an_embedding_takes_lora_but_not_dora():
    of_toy = {"targets": ("embedding",), "layers": ("logits",)}
    for kind in ("lora", "qlora"):
        model, merged = ToyNetwork().build(META), ToyNetwork().build(META)
        attach(model, adapter(kind, **of_toy))
        next(v for v in model.weights if v.name == "lora_embeddings_b").assign(np.ones((2, 8)))
        merge(model, merged)
        digits = np.array([[1, 2, 3]])
        np.testing.assert_allclose(merged(digits), model(digits), atol=1e-5)
    with pytest.raises(ConfigError, match="is of the kind Embedding, for which there is no dora"):
        attach(ToyNetwork().build(META), adapter("dora", **of_toy))


def fit(kind, checkpoint=None, epochs=4):
    config = dataclasses.replace(
        FIT_CONFIG, epochs=epochs, adapter=adapter(kind, targets=("embedding",), layers=("logits",))
    )
    splits = {"train": make_split(60, 0), "validation": make_split(20, 1)}
    return train(ToyNetwork(), ToyMetrics(ToyData()), splits, META, config, checkpoint)


@pytest.mark.parametrize("kind", ["lora", "qlora"])
def test_a_resumed_fit_ends_with_equal_weights_and_its_checkpoint_has_no_frozen_ones(kind, tmp_path):
    whole = fit(kind)
    fit(kind, tmp_path / "toy.npz", epochs=2)
    with np.load(tmp_path / "toy.npz") as arrays:
        shapes = sorted(arrays[name].shape for name in arrays.files if name.startswith("weight."))
    # 4 + 1 rows of the embedding by rank 2, 2 by 8 columns, and the head
    assert whole.trained_parameters == 10 + 16 + 18
    assert whole.model.count_params() > 400
    assert shapes == sorted([(4 + 1, 2), (2, 8), (8, 2), (2,)])
    resumed = fit(kind, tmp_path / "toy.npz")
    for one, other in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.epochs == whole.epochs
    assert not any("lora" in variable.path for variable in resumed.model.weights)


@pytest.mark.parametrize("kind", ["lora", "qlora"])
def test_the_model_of_a_fit_has_the_frozen_weights_that_it_was_trained_with(kind):
    fitted = fit(kind)
    assert fitted.best.point() == fitted.best_epoch.validation
    keras.utils.set_random_seed(FIT_CONFIG.seed)
    start = ToyNetwork().build(META)
    frozen, drawn = (model.get_layer("encoder").trainable_variables for model in (fitted.model, start))
    tolerance = 0.0 if kind == "lora" else 0.02  # rounded to int8
    for one, other in zip(frozen, drawn, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
