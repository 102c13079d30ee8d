"""The moving average of the weights: by hand, scored, kept, and resumed exactly."""

import dataclasses

import keras
import numpy as np
import pytest
from test_loop import InterruptAfter, Interrupted

from seqops.training.loop import train
from seqops.training.optimizer import averaged_weights, optimizer_of
from toy import FIT_CONFIG, ToyData, ToyMetrics, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)
AVERAGED = dataclasses.replace(FIT_CONFIG, ema=0.6, learning_rate=0.06)


def fit(fit_config, checkpoint=None, callback=None):
    return train(ToyNetwork(), ToyMetrics(DATA), SPLITS, META, fit_config, checkpoint, callback)


def one_weight(ema):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer_of(dataclasses.replace(FIT_CONFIG, ema=ema)), "mse", jit_compile=False)
    return model


def steps(model, count):
    """Train for some steps; returns the weight after each, and the average at the end."""
    own = []
    for _ in range(count):
        model.train_on_batch(np.ones((1, 1)), np.full((1, 1), 100.0))
        own.append(float(model.get_weights()[0][0, 0]))
    with averaged_weights(model):
        return own, float(model.get_weights()[0][0, 0])


def test_the_average_forgets_the_first_steps_and_then_decays_at_its_rate():
    own, average = steps(one_weight(0.2), 4)
    # decays (1 + t) / (10 + t) = 2/11 at the second step, 3/12 > 0.2 at the third
    expected = own[0]
    for weight, decay in zip(own[1:], [2 / 11, 0.2, 0.2], strict=True):
        expected = decay * expected + (1 - decay) * weight
    assert average == pytest.approx(expected, rel=1e-6)
    assert average < own[-1]


def test_training_goes_on_with_the_own_weights():
    model, plain = one_weight(0.6), one_weight(0.0)
    plain.set_weights(model.get_weights())
    own, _ = steps(model, 3)
    assert own == steps(plain, 3)[0]
    assert float(model.get_weights()[0][0, 0]) == own[-1]


def test_without_an_average_the_weights_are_the_own_ones():
    own, average = steps(one_weight(0.0), 3)
    assert average == own[-1]


def test_an_average_does_not_change_the_course_of_training_but_what_is_scored_and_kept():
    plain, averaged = fit(dataclasses.replace(AVERAGED, ema=0.0)), fit(AVERAGED)
    assert [e.loss for e in plain.epochs] == [e.loss for e in averaged.epochs]
    assert averaged.best.point() == averaged.best_epoch.validation
    assert not np.array_equal(plain.model.get_weights()[0], averaged.model.get_weights()[0])


def test_of_an_epoch_the_average_counts_only_where_it_is_better_than_the_weights_themselves():
    config = dataclasses.replace(AVERAGED, epochs=8, ema=0.9)
    plain, chosen = fit(dataclasses.replace(config, ema=0.0)).epochs, fit(config).epochs
    assert {row.averaged for row in chosen[1:]} == {True, False}
    for own, row in zip(plain, chosen, strict=True):
        assert row.validation > own.validation if row.averaged else row == own


def test_the_weights_of_the_best_row_are_kept_whichever_they_are():
    for ema in (0.6, 0.9):
        fitted = fit(dataclasses.replace(AVERAGED, epochs=8, ema=ema))
        rows = SPLITS["validation"]
        found = ToyMetrics(DATA).score(ToyNetwork().predict(fitted.model, rows, META), rows, META)[0].point()
        assert found == fitted.best_epoch.validation == max(row.validation for row in fitted.epochs)


@pytest.mark.parametrize("epoch", [2, 3, 4])
def test_interrupted_training_ends_with_the_same_averages(tmp_path, epoch):
    whole = fit(AVERAGED, tmp_path / "whole.npz")
    with pytest.raises(Interrupted):
        fit(AVERAGED, tmp_path / "c.npz", InterruptAfter(epoch, 3))
    resumed = fit(AVERAGED, tmp_path / "c.npz")
    assert resumed.epochs == whole.epochs
    for expected, actual in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, actual)
    first, second = (np.load(tmp_path / name) for name in ("whole.npz", "c.npz"))
    assert first.files == second.files
    assert all(np.array_equal(first[name], second[name]) for name in first.files)
