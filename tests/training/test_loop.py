"""The training loop: exact resumption, early stopping, learning rates."""

import dataclasses
import gc

import keras
import numpy as np
import pytest

from seqops.core.callbacks import EpochResult
from seqops.core.errors import SeqopsError
from seqops.training.loop import train
from toy import FIT_CONFIG, ToyData, ToyMetrics, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)
LEARNS = dataclasses.replace(FIT_CONFIG, learning_rate=0.06)


class Interrupted(Exception):
    pass


class InterruptAfter:
    """A callback that interrupts the training in the middle of an epoch."""

    def __init__(self, epoch, batch):
        self.epoch_, self.batch_ = epoch, batch

    def on_batch_end(self, epoch, batch, batches, tokens, loss):
        if (epoch, batch) == (self.epoch_, self.batch_):
            raise Interrupted

    def on_epoch_end(self, row, seconds, tokens):
        pass


class Recorder:
    def __init__(self):
        self.tokens, self.rows, self.losses = 0, [], []

    def on_batch_end(self, epoch, batch, batches, tokens, loss):
        self.tokens += tokens
        self.losses.append(loss)

    def on_epoch_end(self, row, seconds, tokens):
        self.rows.append(row)


def fit(fit_config=FIT_CONFIG, checkpoint=None, callback=None):
    return train(ToyNetwork(), ToyMetrics(DATA), SPLITS, META, fit_config, checkpoint, callback)


def test_interrupted_training_ends_with_the_weights_of_uninterrupted_training(tmp_path):
    """The epoch that is repeated is the best one."""
    whole = fit(LEARNS)
    assert whole.best_epoch.epoch == 2
    with pytest.raises(Interrupted):
        fit(LEARNS, checkpoint=tmp_path / "c.npz", callback=InterruptAfter(epoch=2, batch=3))
    resumed = fit(LEARNS, checkpoint=tmp_path / "c.npz")
    assert resumed.epochs == whole.epochs
    for expected, actual in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, actual)


def test_a_finished_checkpoint_is_not_trained_further(tmp_path):
    whole = fit(checkpoint=tmp_path / "c.npz")
    seen = Recorder()
    again = fit(checkpoint=tmp_path / "c.npz", callback=seen)
    assert seen.tokens == 0
    np.testing.assert_array_equal(again.model.get_weights()[0], whole.model.get_weights()[0])


def test_every_token_of_the_training_rows_is_seen_once_per_epoch():
    seen = Recorder()
    fit(callback=seen)
    assert seen.tokens == FIT_CONFIG.epochs * len(SPLITS["train"].ragged("digits").values)


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    seen = Recorder()
    fitted = fit(dataclasses.replace(FIT_CONFIG, epochs=1, batch_size=30), callback=seen)
    assert len(seen.losses) == 2
    assert fitted.epochs[1].loss == pytest.approx(sum(seen.losses) / 2)


def test_different_seeds_give_different_weights():
    other = fit(dataclasses.replace(FIT_CONFIG, seed=4, epochs=1)).model.get_weights()[0]
    assert not np.array_equal(other, fit(dataclasses.replace(FIT_CONFIG, epochs=1)).model.get_weights()[0])


def test_patience_stops_training_that_no_longer_improves():
    constant = dataclasses.replace(FIT_CONFIG, learning_rate=1e-12, epochs=50, patience=3)
    assert len(fit(constant).epochs) == 1 + 4


def accuracy(model):
    predicted = ToyNetwork().predict(model, SPLITS["validation"], META)
    return ToyMetrics(DATA).score(predicted, SPLITS["validation"], META)[0]


def test_the_initial_model_is_scored_before_the_first_epoch():
    seen = Recorder()
    fitted = fit(callback=seen)
    keras.utils.set_random_seed(FIT_CONFIG.seed)
    initial = accuracy(ToyNetwork().build(META))
    assert fitted.epochs == seen.rows
    assert fitted.epochs[0] == EpochResult(0, None, None, initial.point())
    assert [e.epoch for e in fitted.epochs] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(fitted.initial.statistics, initial.statistics)
    np.testing.assert_array_equal(fitted.best.statistics, accuracy(fitted.model).statistics)
    assert fitted.best.point() == fitted.best_epoch.validation


def test_a_fit_whose_epochs_are_no_better_keeps_the_initial_weights(tmp_path):
    constant = dataclasses.replace(FIT_CONFIG, learning_rate=1e-12, epochs=3)
    fitted = fit(constant, tmp_path / "c.npz")
    assert not fitted.best_epoch.trained
    assert fitted.best_epoch.epoch == 0
    keras.utils.set_random_seed(FIT_CONFIG.seed)
    for weight, initial in zip(
        fitted.model.get_weights(), ToyNetwork().build(META).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, initial)
    resumed = fit(constant, tmp_path / "c.npz")
    assert resumed.best_epoch == fitted.best_epoch
    np.testing.assert_array_equal(resumed.initial.statistics, fitted.initial.statistics)


def test_a_loss_that_is_not_finite_is_reported_with_the_key_to_lower():
    diverging = dataclasses.replace(FIT_CONFIG, learning_rate=1e39)
    with pytest.raises(SeqopsError, match=r"fit\.learning_rate"):
        fit(diverging)


def test_training_leaks_no_graph():
    def graphs():
        keras.backend.clear_session()
        gc.collect()
        return sum(type(item).__name__ == "FuncGraph" for item in gc.get_objects())

    train(ToyNetwork(), ToyMetrics(DATA), SPLITS, META, FIT_CONFIG)
    before = graphs()
    train(ToyNetwork(units=9), ToyMetrics(DATA), SPLITS, META, FIT_CONFIG)
    assert graphs() <= before
