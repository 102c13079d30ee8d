"""Drift of the score: the test by hand, and as part of a drift report."""

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

from seqops.core.records import Goal
from seqops.core.score import POSITIVE, SHARE, Score
from seqops.core.settings import DriftSettings
from seqops.drift.detect import FORMER_SCORE, build_reference, measure_drift
from seqops.drift.profiles import describe_sample
from seqops.drift.score_decline import score_decline
from seqops.drift.score_sample import ScoreSample
from seqops.metrics.classification import confusion, few_rows_of_a_class, macro_f1
from seqops.metrics.entity_spans import f1
from seqops.metrics.ratio import ratio

LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)
ACCURACY = Goal("accuracy", higher_is_better=True)
NATS = Goal("nats", higher_is_better=False)


def means(values, limits=None, **more):
    """Return the mean of values as a score."""
    each = np.asarray(values, np.float64)
    return Score("mean", np.stack([each, np.ones(len(each))], 1), ratio, True, "", limits=limits, **more)


def correct(n, wrong):
    """Return the accuracy of n rows, `wrong` of which are wrong."""
    return means(np.repeat([0.0, 1.0], [wrong, n - wrong]), SHARE)


def entities(*rows):
    """Return the F1 of sentences; rows: true positives, false positives, false negatives, repetitions."""
    counts = np.concatenate([np.tile(row[:3], (row[3], 1)) for row in rows])
    return Score("f1", counts.astype(np.float64), f1, True, "", limits=SHARE)


def decline(before, now, goal=ACCURACY, margin=0.0):
    return score_decline(ScoreSample.of(before), ScoreSample.of(now), goal, margin)


def report(before, now, goal=ACCURACY):
    kept = json.loads(json.dumps(build_reference({}, goal.metric, ScoreSample.of(before))))
    return measure_drift(kept, {}, LIMITS, goal, json.loads(json.dumps(ScoreSample.of(now).to_json())))


def test_of_symmetric_independent_rows_it_is_welch_s_one_sided_t_test():
    generator = np.random.default_rng(0)
    before, now = generator.normal(0, 1, 40), generator.normal(-0.3, 2, 25)
    before, now = (np.concatenate([x, 2 * x.mean() - x]) for x in (before, now))  # no skewness
    expected = ttest_ind(before, now, equal_var=False, alternative="greater")
    assert decline(means(before), means(now)).p == pytest.approx(expected.pvalue, rel=1e-3)
    assert decline(means(before), means(now), NATS).p == pytest.approx(1 - expected.pvalue, rel=1e-3)


def test_the_margin_shifts_the_null_hypothesis():
    before, now = correct(1000, 100), correct(1000, 130)
    assert decline(before, now).p < 0.05
    assert decline(before, now, margin=0.03).p == pytest.approx(0.5)


def test_constant_scores_decline_only_beyond_the_margin():
    assert decline(means(np.ones(40)), means(np.ones(40)), margin=0.02).p == 1.0
    assert decline(means(np.ones(40)), means(np.zeros(40)), margin=0.02).p == 0.0


def test_a_perfect_score_of_few_rows_is_not_certain():
    # no error in 40 rows: up to 7 % may be wrong
    assert ScoreSample.of(correct(40, 0)).below == pytest.approx((1 - 0.05 ** (1 / 40)) / 1.645, rel=1e-3)
    assert decline(correct(40, 0), correct(2000, 100), margin=0.02).p > 0.01
    assert decline(correct(1000, 0), correct(2000, 100), margin=0.02).p < 0.01


def test_the_error_is_larger_on_the_side_of_a_long_tail():
    skewed = ScoreSample.of(means(np.repeat([1.0, 5.0], [90, 10]), POSITIVE))
    assert skewed.below == pytest.approx(1.2 / np.sqrt(99), rel=1e-3)
    assert skewed.above > 1.2 * skewed.below


def test_equal_rows_of_a_group_are_one_unit():
    values = np.tile([0.0, 1.0, 1.0, 0.0], 10)
    grouped = means(np.repeat(values, 2), SHARE, groups=np.repeat(np.arange(40), 2))
    one, two = ScoreSample.of(means(values, SHARE)), ScoreSample.of(grouped)
    assert (two.value, two.below, two.freedom) == (one.value, one.below, one.freedom)
    assert (one.rows, two.rows) == (40, 80)


def test_more_sentences_without_entities_are_no_decline():
    before, now = (
        entities((2, 0, 0, 180), (1, 1, 1, 20)),
        entities((2, 0, 0, 180), (1, 1, 1, 20), (0, 0, 0, 300)),
    )
    assert ScoreSample.of(before) == ScoreSample.of(now)
    assert decline(before, now).decline == 0.0
    assert not report(before, now).drifted


def test_entities_invented_in_sentences_without_any_are_drift():
    before = entities((2, 0, 0, 90), (1, 1, 1, 10), (0, 0, 0, 100))
    now = entities((2, 0, 0, 90), (1, 1, 1, 10), (0, 1, 0, 100))
    found = report(before, now, Goal("f1", True))
    # 2 * 190 / (2 * 190 + 10 + 10) = 0.95, and 2 * 190 / (2 * 190 + 110 + 10) = 0.76
    assert found.drifted
    assert "f1 0.95 -> 0.76" in found.summary()


def test_sentences_without_entities_do_not_make_up_a_score():
    before = entities((2, 0, 0, 180), (1, 1, 1, 20))
    for few in (entities((0, 0, 0, 500)), entities((1, 0, 0, 12), (0, 0, 0, 500))):
        found = report(before, few, Goal("f1", True))
        assert not found.measured
        assert found.summary().startswith("drift not tested: ")
    assert ScoreSample.of(entities((0, 0, 0, 500))).value is None


def test_a_macro_f1_of_a_class_with_few_rows_is_not_tested():
    def balance(first, second):
        truth = np.repeat([0, 1], [first, second])
        predicted = np.where(np.arange(len(truth)) < 3, 1, truth)
        return Score("m", confusion(truth, predicted, 2), macro_f1, True, "", no_interval=few_rows_of_a_class)

    goal = Goal("macro_f1", True)
    assert report(balance(300, 100), balance(60, 25), goal).measured
    for few in (4, 0):
        found = report(balance(300, 100), balance(60, few), goal)
        assert f"a class has {few} rows now" in found.summary()
        assert not found.measured


def test_a_fall_of_accuracy_is_drift():
    found = report(correct(1000, 100), correct(500, 125))
    assert found.drifted
    assert found.summary().startswith("drift in 1 of 1 features: score (accuracy) (p ")
    assert "0.9 -> 0.75" in found.summary()
    assert found.to_json()["features"][0]["decline"] == pytest.approx(0.15)
    assert found.table().row_count == 1


def test_a_better_score_is_not_drift():
    assert not report(correct(1000, 400), correct(500, 0)).drifted
    assert report(correct(1000, 400), correct(500, 0), Goal("accuracy", False)).drifted


def test_a_score_of_too_few_rows_is_not_tested_and_that_is_said():
    found = report(correct(1000, 100), correct(29, 29))
    assert not found.measured
    assert found.to_json()["features"][0]["reason"] == "too few scored rows: 1000 before, 29 now"
    grouped = dataclasses.replace(correct(60, 30), groups=np.arange(60) // 5, unit="group")
    assert report(correct(1000, 100), grouped).summary() == "drift not tested: n = 12 groups now"


def test_the_score_of_a_text_in_twelve_blocks_is_tested():
    def nats(mean, passages):
        each = mean + 0.1 * np.random.default_rng(passages).standard_normal(passages)
        return means(each, POSITIVE, block=passages // 12, unit="passage")

    assert report(nats(1.6, 240), nats(1.75, 120), NATS).drifted
    assert not report(nats(1.6, 240), nats(1.6, 120), NATS).drifted
    assert not report(nats(1.6, 240), nats(1.75, 24), NATS).measured


def test_origins_whose_forecasts_overlap_are_blocks():
    values = np.sin(np.arange(240) / 20)
    apart, overlapping = (ScoreSample.of(means(values, block=block, unit="origin")) for block in (1, 12))
    assert overlapping.freedom == 10
    assert overlapping.above > 3 * apart.above
    few = ScoreSample.of(means(values[:36], block=12, unit="origin"))
    assert few.untested == "too few origins for an interval: 3 independent"


def test_a_version_with_the_scores_of_single_rows_has_to_be_registered_again():
    values = np.repeat([0.0, 1.0], [100, 900])
    kept = {"score (accuracy)": {**describe_sample(values), "mean": 0.9, "mean_variance": 1e-4}}
    kept |= build_reference({"x": np.arange(100.0)})
    features = {"score (accuracy)": np.zeros(200), "x": np.arange(100.0)}
    found = measure_drift(kept, features, LIMITS, ACCURACY, None)
    assert not found.drifted
    assert [f.name for f in found.measured] == ["x"]
    assert found.summary().endswith(f"; score (accuracy) not tested: {FORMER_SCORE}")
