"""The training loop: exact resumption, early stopping, schedules."""

import dataclasses
import gc

import keras
import numpy as np
import pytest

from seqops.core.errors import SeqopsError
from seqops.training.loop import train
from toy import RECIPE, ToyData, ToyMetrics, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)


class Killed(Exception):
    pass


class KillAfter:
    """A watcher that kills the fit in the middle of an epoch."""

    def __init__(self, epoch, batch):
        self.epoch_, self.batch_ = epoch, batch

    def on_batch_end(self, epoch, batch, batches, tokens, loss):
        if (epoch, batch) == (self.epoch_, self.batch_):
            raise Killed

    def on_epoch_end(self, row, seconds, tokens):
        pass


class Seen:
    def __init__(self):
        self.tokens, self.rows, self.losses = 0, [], []

    def on_batch_end(self, epoch, batch, batches, tokens, loss):
        self.tokens += tokens
        self.losses.append(loss)

    def on_epoch_end(self, row, seconds, tokens):
        self.rows.append(row)


def fit(recipe=RECIPE, checkpoint=None, watcher=None):
    return train(ToyNetwork(), ToyMetrics(DATA), SPLITS, META, recipe, checkpoint, watcher)


def test_a_fit_killed_in_the_middle_ends_with_the_weights_of_one_never_killed(tmp_path):
    whole = fit()
    with pytest.raises(Killed):
        fit(checkpoint=tmp_path / "c.npz", watcher=KillAfter(epoch=2, batch=3))
    resumed = fit(checkpoint=tmp_path / "c.npz")
    assert resumed.epochs == whole.epochs
    for ours, theirs in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_finished_checkpoint_trains_no_more(tmp_path):
    whole = fit(checkpoint=tmp_path / "c.npz")
    seen = Seen()
    again = fit(checkpoint=tmp_path / "c.npz", watcher=seen)
    assert seen.tokens == 0
    np.testing.assert_array_equal(again.model.get_weights()[0], whole.model.get_weights()[0])


def test_every_token_of_the_training_rows_is_seen_once_an_epoch():
    seen = Seen()
    fit(watcher=seen)
    assert seen.tokens == RECIPE.epochs * len(SPLITS["train"].ragged("digits").values)


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    seen = Seen()
    fitted = fit(dataclasses.replace(RECIPE, epochs=1, batch_size=30), watcher=seen)
    assert len(seen.losses) == 2
    assert fitted.epochs[0].loss == pytest.approx(sum(seen.losses) / 2)


def test_another_seed_gives_other_weights():
    other = fit(dataclasses.replace(RECIPE, seed=4, epochs=1)).model.get_weights()[0]
    assert not np.array_equal(other, fit(dataclasses.replace(RECIPE, epochs=1)).model.get_weights()[0])


def test_patience_ends_a_fit_that_no_longer_improves():
    still = dataclasses.replace(RECIPE, learning_rate=1e-12, epochs=50, patience=3)
    assert len(fit(still).epochs) == 4


def test_a_loss_that_is_no_number_is_told_with_the_key_to_lower():
    wild = dataclasses.replace(RECIPE, learning_rate=1e39)
    with pytest.raises(SeqopsError, match=r"fit\.learning_rate"):
        fit(wild)


def test_a_fit_leaves_no_graph_behind():
    def graphs():
        keras.backend.clear_session()
        gc.collect()
        return sum(type(held).__name__ == "FuncGraph" for held in gc.get_objects())

    train(ToyNetwork(), ToyMetrics(DATA), SPLITS, META, RECIPE)
    before = graphs()
    train(ToyNetwork(units=9), ToyMetrics(DATA), SPLITS, META, RECIPE)
    assert graphs() <= before
