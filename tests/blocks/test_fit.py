"""The training loop: exact resumption, early stopping, schedules."""

import dataclasses
import gc
import math

import keras
import numpy as np
import pytest

from seqops.blocks.fit import learning_rate, plateaus, train
from seqops.contract import Decay, SeqopsError
from toy import RECIPE, ToyData, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.encode(None)


class Killed(Exception):
    pass


class KillAfter:
    """A watcher that kills the fit in the middle of an epoch."""

    def __init__(self, epoch, batch):
        self.epoch_, self.batch_ = epoch, batch

    def batch(self, epoch, batch, batches, tokens, loss):
        if (epoch, batch) == (self.epoch_, self.batch_):
            raise Killed

    def epoch(self, row, seconds, tokens):
        pass


class Seen:
    def __init__(self):
        self.tokens, self.rows, self.losses = 0, [], []

    def batch(self, epoch, batch, batches, tokens, loss):
        self.tokens += tokens
        self.losses.append(loss)

    def epoch(self, row, seconds, tokens):
        self.rows.append(row)


def fit(recipe=RECIPE, checkpoint=None, watcher=None):
    return train(ToyNetwork(), DATA, SPLITS, META, recipe, checkpoint, watcher)


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


@pytest.mark.parametrize(
    ("kind", "rate", "step", "drops", "expected"),
    [
        ("none", 0.5, 25, 3, 1.0),
        ("exponential", 0.5, 20, 0, 0.25),
        ("exponential", 0.5, 5, 0, math.sqrt(0.5)),
        ("cosine", 0.0, 0, 0, 1.0),
        ("cosine", 0.0, 20, 0, 0.5),
        ("cosine", 0.1, 40, 0, 0.1),
        ("plateau", 0.5, 39, 2, 0.25),
    ],
)
def test_schedules_by_hand(kind, rate, step, drops, expected):
    recipe = dataclasses.replace(RECIPE, learning_rate=1.0, epochs=4, decay=Decay(kind, rate))
    assert learning_rate(recipe, step, steps=10, drops=drops) == pytest.approx(expected)


def test_warm_up_rises_linearly_to_the_full_rate():
    recipe = dataclasses.replace(RECIPE, learning_rate=1.0, warmup_steps=4, decay=Decay("none", 1.0))
    rates = [learning_rate(recipe, step, 10, 0) for step in range(5)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_plateaus_count_runs_without_gain():
    assert plateaus([1.0, 2.0, 2.0, 2.0, 3.0, 3.0], True) == 1
    assert plateaus([3.0, 2.0, 1.0], False) == 0
    assert plateaus([1.0, 1.0, 1.0, 1.0, 1.0], True) == 2


def test_a_fit_leaves_no_graph_behind():
    def graphs():
        keras.backend.clear_session()
        gc.collect()
        return sum(type(held).__name__ == "FuncGraph" for held in gc.get_objects())

    train(ToyNetwork(), DATA, SPLITS, META, RECIPE)
    before = graphs()
    train(ToyNetwork(units=9), DATA, SPLITS, META, RECIPE)
    assert graphs() <= before
