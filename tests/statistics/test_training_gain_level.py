"""How often an epoch that is no better than the initial model passes for an improvement."""

import numpy as np
import pytest

from seqops.core.score import Score
from seqops.metrics.training_gain import TrainingGain

pytestmark = pytest.mark.slow
ROWS, EPOCHS, FITS, ALPHA = 100, 10, 300, 0.05


def accuracy(right):
    statistics = np.stack([right, np.ones(len(right))], axis=1).astype(np.float64)
    return Score("accuracy", statistics, lambda sums: sums[..., 0] / sums[..., 1], True, "share right")


def gains(moved, true_gain=0.0):
    """Yield the gain of fits whose every epoch answers a share `moved` of the rows anew."""
    generator = np.random.default_rng(0)
    for _ in range(FITS):
        initial = generator.random(ROWS) < 0.6
        fresh = generator.random((EPOCHS, ROWS)) < 0.6 + true_gain
        epochs = np.where(generator.random((EPOCHS, ROWS)) < moved, fresh, initial)
        best = int(epochs.sum(axis=1).argmax())
        trained = epochs[best].sum() > initial.sum()
        chosen = epochs[best] if trained else initial
        yield TrainingGain.measure(accuracy(initial), accuracy(chosen), best + 1, bool(trained), EPOCHS)


@pytest.mark.parametrize("moved", [0.3, 1.0])
def test_the_best_of_ten_epochs_without_a_gain_seldom_passes(moved):
    found = list(gains(moved))
    passed = np.mean([gain.outcome(ALPHA) == "improved" for gain in found])
    uncorrected = np.mean([gain.trained and gain.difference.p_better < ALPHA for gain in found])
    assert passed <= 0.05
    assert uncorrected > 0.1


def test_a_gain_of_twenty_points_nearly_always_passes():
    assert np.mean([gain.outcome(ALPHA) == "improved" for gain in gains(1.0, 0.2)]) >= 0.9
