"""Drift of the score: the test by hand, and as part of a drift report."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from seqops.core.ragged import Ragged
from seqops.core.records import Goal
from seqops.core.score import Score
from seqops.core.settings import DriftSettings
from seqops.drift.detect import build_reference, measure_drift
from seqops.drift.features import scored
from seqops.drift.profiles import NumericProfile, mean_of
from seqops.drift.score_decline import score_decline
from seqops.metrics.ratio import ratio

LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)
ACCURACY = Goal("accuracy", higher_is_better=True)
NATS = Goal("nats", higher_is_better=False)


def correct(n, wrong):
    """Return the accuracy of each of n rows, `wrong` of which are wrong."""
    return np.repeat([0.0, 1.0], [wrong, n - wrong])


def decline(before, now, goal=ACCURACY, margin=0.0):
    return score_decline(NumericProfile.from_sample(before), now, goal, margin)


def test_without_a_margin_it_is_welch_s_one_sided_t_test():
    generator = np.random.default_rng(0)
    before, now = generator.normal(0, 1, 80), generator.normal(-0.3, 2, 50)
    expected = ttest_ind(before, now, equal_var=False, alternative="greater")
    assert decline(before, now).p == pytest.approx(expected.pvalue, rel=1e-6)
    assert decline(before, now, NATS).p == pytest.approx(1 - expected.pvalue, rel=1e-6)


def test_the_margin_shifts_the_null_hypothesis():
    before, now = correct(1000, 100), correct(1000, 130)
    assert decline(before, now).p < 0.05
    assert decline(before, now, margin=0.03).p == pytest.approx(0.5)


def test_constant_scores_decline_only_beyond_the_margin():
    assert decline(np.ones(40), np.ones(40), margin=0.02).p == 1.0
    assert decline(np.ones(40), np.zeros(40), margin=0.02).p == 0.0


def test_rows_of_a_ragged_column_are_the_independent_units():
    # 4 rows of 2 equal values: as good as 4 values, and the standard error is theirs
    values = np.array([0.0, 1.0, 1.0, 0.0])
    grouped = Ragged(np.repeat(values, 2), np.arange(0, 9, 2))
    assert mean_of(grouped) == pytest.approx(mean_of(values))
    assert mean_of(values) == pytest.approx((0.5, values.var(ddof=1) / 4))


def test_a_fall_of_accuracy_that_psi_ignores_is_drift():
    kept = build_reference({"score (accuracy)": correct(1000, 100)})
    found = measure_drift(kept, {"score (accuracy)": correct(500, 125)}, LIMITS, ACCURACY)
    assert NumericProfile.from_sample(correct(1000, 100)).compare(correct(500, 125)).psi < LIMITS.psi
    assert found.drifted
    assert found.summary().startswith("drift in 1 of 1 features: score (accuracy) (p ")
    assert "0.9 -> 0.75" in found.summary()
    assert found.to_json()["features"][0]["decline"] == pytest.approx(0.15)


def test_the_score_of_a_text_in_twelve_blocks_is_tested():
    def nats(mean, passages):
        each = mean + 0.1 * np.random.default_rng(passages).standard_normal(passages)
        statistics = np.stack([each, np.ones(passages)], axis=1)
        block = passages // 12
        return scored(Score("nats", statistics, ratio, False, "", block=block, unit="passage"))

    kept = build_reference(nats(1.6, 240))
    assert measure_drift(kept, nats(1.7, 120), LIMITS, NATS).drifted
    assert not measure_drift(kept, nats(1.6, 120), LIMITS, NATS).drifted
    assert not measure_drift(kept, nats(1.7, 24), LIMITS, NATS).measured


def test_a_better_score_is_not_drift():
    kept = build_reference({"score (accuracy)": correct(1000, 400)})
    found = measure_drift(kept, {"score (accuracy)": correct(500, 0)}, LIMITS, ACCURACY)
    assert not found.drifted
    assert measure_drift(kept, {"score (accuracy)": correct(500, 0)}, LIMITS, Goal("accuracy", False)).drifted


def test_a_reference_of_an_earlier_release_is_tested_from_its_points():
    generator = np.random.default_rng(1)
    before, now = generator.normal(2, 1, 2000), generator.normal(2.2, 1, 300)
    kept = build_reference({"score (nats)": before})
    old = {"score (nats)": {k: v for k, v in kept["score (nats)"].items() if not k.startswith("mean")}}
    ours, theirs = (measure_drift(r, {"score (nats)": now}, LIMITS, NATS).features[0] for r in (kept, old))
    assert theirs.overall.before == pytest.approx(ours.overall.before, abs=0.002)
    assert theirs.p == pytest.approx(ours.p, rel=0.1)
