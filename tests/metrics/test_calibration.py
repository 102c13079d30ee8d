"""Calibration errors: by hand, at the edges of bins, and for models that are perfectly calibrated."""

import numpy as np
import pytest
from scipy.stats import binom

from seqops.metrics.calibration import BINS, calibration_scores, confidence_bins
from seqops.metrics.intervals import interval


def scores_of(confidence, correct):
    return {s.name: s for s in calibration_scores(np.array(confidence, float), np.array(correct, bool))}


def test_calibration_error_by_hand():
    """Bin 13 has 0.85 and 0.86, one of two correct; bin 15 has 0.95 and 1.0, both correct."""
    scores = scores_of([0.85, 0.86, 0.95, 1.0], [1, 0, 1, 1])
    assert scores["ece"].point() == pytest.approx((abs(1.71 - 1) + abs(1.95 - 2)) / 4)
    squared = (0.855 - 0.5) ** 2 - 0.5 * 0.5, (0.975 - 1) ** 2
    assert scores["calibration_rmse"].point() == pytest.approx(np.sqrt(max(0, sum(squared) / 2)))


def test_a_large_error_is_debiased_by_hand():
    scores = scores_of([0.9] * 10, [1] * 5 + [0] * 5)
    assert scores["calibration_rmse"].point() == pytest.approx(np.sqrt(0.4**2 - 0.25 / 9))


def test_the_error_by_chance_is_the_mean_absolute_deviation_of_a_binomial():
    scores = scores_of([0.7] * 10 + [0.9] * 4, [1] * 14)
    hits = np.arange(11)
    deviation = (binom.pmf(hits, 10, 0.7) * np.abs(hits - 7)).sum()
    deviation += (binom.pmf(hits[:5], 4, 0.9) * np.abs(hits[:5] - 3.6)).sum()
    assert scores["ece_by_chance"].point() == pytest.approx(deviation / 14)


def test_certain_predictions_have_no_error_by_chance():
    scores = scores_of([1.0] * 5, [1] * 5)
    assert [score.point() for score in scores.values()] == [0.0, 0.0, 0.0]


def test_a_bin_includes_its_upper_edge_and_the_first_bin_includes_zero():
    bins = confidence_bins(np.array([0.0, 1 / BINS, 1.0]), np.array([True, True, False]))
    counts = bins.reshape(3, 3, BINS)[:, 0]
    assert counts.argmax(1).tolist() == [0, 0, BINS - 1]
    assert counts.sum() == 3


def test_confidence_equal_to_the_accuracy_has_no_calibration_error():
    assert scores_of([0.75] * 4, [1, 1, 1, 0])["ece"].point() == pytest.approx(0.0)


def test_no_interval_is_given():
    found = interval(scores_of([0.7] * 100, [1] * 60 + [0] * 40)["ece"], 200, 0)
    assert (found.low, found.high) == (None, None)
    assert found.reason.startswith("no interval")


@pytest.mark.parametrize("rows", [100, 1000])
def test_a_calibrated_model_has_the_error_by_chance_and_no_debiased_error(rows):
    ece, by_chance, debiased, plain = [], [], [], []
    for seed in range(300):
        generator = np.random.default_rng(seed)
        confidence = generator.beta(5, 2, rows)
        scores = scores_of(confidence, generator.random(rows) < confidence)
        ece.append(scores["ece"].point())
        by_chance.append(scores["ece_by_chance"].point())
        debiased.append(scores["calibration_rmse"].point() ** 2)
        plain.append(np.square(ece[-1]))
    assert np.mean(by_chance) == pytest.approx(np.mean(ece), rel=0.05)
    assert np.mean(debiased) < 0.5 * np.mean(plain)
