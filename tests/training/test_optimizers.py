"""Each optimizer steps as that of Keras does, and a fit with it is resumed exactly."""

import dataclasses

import keras
import numpy as np
import pytest
from test_loop import InterruptAfter, Interrupted

from seqops.training.loop import train
from seqops.training.optimizer import OPTIMIZERS, optimizer_of
from toy import FIT_CONFIG, ToyData, ToyMetrics, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)
CONFIG = dataclasses.replace(FIT_CONFIG, learning_rate=0.1, weight_decay=0.01, clip_norm=1.0, ema=0.0)
COMMON = {"learning_rate": 0.1, "weight_decay": 0.01, "global_clipnorm": 1.0}
OF_KERAS = {
    "adamw": lambda: keras.optimizers.AdamW(**COMMON),
    "nadam": lambda: keras.optimizers.Nadam(**COMMON),
    "rmsprop": lambda: keras.optimizers.RMSprop(**COMMON),
    "sgd": lambda: keras.optimizers.SGD(momentum=0.9, **COMMON),
}


def weight_after(optimizer, steps=3):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer, "mse", jit_compile=False)
    for _ in range(steps):
        model.train_on_batch(np.ones((1, 1)), np.full((1, 1), 3.0))
    return float(model.get_weights()[0][0, 0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_steps_as_that_of_keras(name):
    ours = weight_after(optimizer_of(dataclasses.replace(CONFIG, optimizer=name)))
    assert ours == weight_after(OF_KERAS[name]())


def test_no_two_are_the_same():
    found = {weight_after(optimizer_of(dataclasses.replace(CONFIG, optimizer=name))) for name in OPTIMIZERS}
    assert len(found) == 4


def test_gradient_descent_by_hand():
    """The gradient of (w - 3)^2 is clipped to -1; momentum adds 0.9 of the last step; no weight decay."""
    config = dataclasses.replace(CONFIG, optimizer="sgd", weight_decay=0.0)
    start = weight_after(optimizer_of(config), 0)
    assert weight_after(optimizer_of(config), 1) - start == pytest.approx(0.1, abs=1e-6)
    assert weight_after(optimizer_of(config), 2) - start == pytest.approx(0.1 + 0.1 + 0.09, abs=1e-6)


@pytest.mark.parametrize("name", ["nadam", "rmsprop", "sgd"])
def test_an_interrupted_fit_ends_with_the_same_weights(tmp_path, name):
    config = dataclasses.replace(FIT_CONFIG, optimizer=name, epochs=3)
    arguments = ToyNetwork(), ToyMetrics(DATA), SPLITS, META, config
    whole = train(*arguments).model.get_weights()
    with pytest.raises(Interrupted):
        train(*arguments, tmp_path / "fit.npz", InterruptAfter(2, 1))
    resumed = train(*arguments, tmp_path / "fit.npz").model.get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(whole, resumed, strict=True))
