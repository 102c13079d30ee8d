"""The second fit on training and validation rows: as long as the best epoch, exact, and resumable."""

import dataclasses

import numpy as np
import pytest

from seqops.core.callbacks import NullCallback
from seqops.core.ragged import Split, concatenate
from seqops.training.checkpoint import read_checkpoint
from seqops.training.loop import train
from seqops.training.refit import refit
from toy import FIT_CONFIG, ToyData, ToyMetrics, ToyNetwork

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)
BOTH = {**SPLITS, "train": concatenate([SPLITS["train"], SPLITS["validation"]])}


class Counter(NullCallback):
    """Counts epochs and batches; stops in the middle of an epoch if it is told to."""

    def __init__(self, stop=None):
        self.stop, self.batches, self.epochs = stop, [], 0

    def on_batch_end(self, epoch, batch, batches, tokens, loss):
        self.batches.append((epoch, batch, batches))
        if (epoch, batch) == self.stop:
            raise InterruptedError

    def on_epoch_end(self, row, seconds, tokens):
        self.epochs += 1


def best_at_its_end():
    """Return a first fit as if its last epoch had been its best."""
    fitted = first_fit()
    return dataclasses.replace(fitted, best_epoch=fitted.epochs[-1])


def first_fit(fit_config=FIT_CONFIG, splits=SPLITS, checkpoint=None):
    return train(ToyNetwork(), ToyMetrics(DATA), splits, META, fit_config, checkpoint)


def second_fit(fitted, checkpoint=None, callback=None, fit_config=FIT_CONFIG):
    parts = ToyNetwork(), ToyMetrics(DATA), SPLITS, META, fit_config
    return refit(*parts, fitted, checkpoint, callback or Counter())


def weights(fitted):
    return np.concatenate([w.ravel() for w in fitted.model.get_weights()])


def test_it_trains_on_both_splits_for_as_many_epochs_as_the_best(tmp_path):
    fitted, seen = best_at_its_end(), Counter()
    again = second_fit(fitted, callback=seen)
    assert {epoch for epoch, _, _ in seen.batches} == {1, 2, 3, 4}
    shorter = Counter()
    second_fit(dataclasses.replace(fitted, best_epoch=fitted.epochs[2]), callback=shorter)
    assert {epoch for epoch, _, _ in shorter.batches} == {1, 2}
    assert seen.epochs == 0  # no score of an epoch is reported as one of validation
    # the same as training on both splits and stopping there
    by_hand = tmp_path / "by-hand.npz"
    splits = {**BOTH, "validation": SPLITS["test"]}
    first_fit(splits=splits, checkpoint=by_hand)
    expected = np.concatenate([w.ravel() for w in read_checkpoint(by_hand).weights])
    np.testing.assert_array_equal(weights(again), expected)
    assert (weights(again) != weights(fitted)).any()
    assert again.best == fitted.best
    assert again.epochs == fitted.epochs


def test_a_second_fit_resumes_exactly(tmp_path):
    fitted = best_at_its_end()
    whole = second_fit(fitted)
    checkpoint = tmp_path / "refit.npz"
    with pytest.raises(InterruptedError):
        second_fit(fitted, checkpoint, Counter((2, 1)))
    seen = Counter()
    np.testing.assert_array_equal(weights(second_fit(fitted, checkpoint, seen)), weights(whole))
    assert seen.batches[0][:2] == (2, 0)


def test_nothing_is_trained_where_the_initial_model_is_the_best():
    fitted = first_fit()
    start = next(row for row in fitted.epochs if not row.trained)
    untrained = dataclasses.replace(fitted, best_epoch=start)
    assert second_fit(untrained) is untrained


def test_splits_are_joined_by_the_columns_that_both_have():
    first = Split({"a": np.array([1, 2]), "b": np.array([0, 0])})
    second = Split({"c": np.array([9]), "a": np.array([3])})
    assert {n: c.tolist() for n, c in concatenate([first, second]).columns.items()} == {"a": [1, 2, 3]}
