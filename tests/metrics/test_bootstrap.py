"""Confidence intervals and paired tests, on hand-worked cases and against the textbook formula."""

import dataclasses

import numpy as np
import pytest

from seqops.core.score import Score
from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import Difference, paired


def mean_of(values, higher=True, block=1):
    values = np.asarray(values, float)
    statistics = np.stack([values, np.ones(len(values))], axis=1)
    return Score("mean", statistics, lambda s: s[..., 0] / s[..., 1], higher, "arithmetic", block)


def test_the_interval_of_a_mean_agrees_with_the_normal_approximation():
    values = np.random.default_rng(0).normal(5.0, 2.0, 400)
    found = interval(mean_of(values), 4000, 0)
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_equal_examples_give_an_interval_of_width_zero():
    found = interval(mean_of([2.0] * 20), 200, 0)
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_the_interval_depends_on_the_seed():
    score = mean_of(np.arange(30.0))
    assert interval(score, 300, 1) == interval(score, 300, 1)
    assert interval(score, 300, 1) != interval(score, 300, 2)


def test_a_system_is_never_better_than_itself():
    score = mean_of(np.arange(30.0))
    difference = paired(score, score, 500, 0)
    assert (difference.value, difference.low, difference.high, difference.p_better) == (0.0, 0.0, 0.0, 1.0)


def test_a_constant_gain_is_significant_although_the_rows_vary():
    values = np.random.default_rng(0).normal(0, 100, 50)
    difference = paired(mean_of(values + 1), mean_of(values), 999, 0)
    assert difference.value == pytest.approx(1.0)
    assert difference.p_better == pytest.approx(1 / 1000)


def test_with_lower_is_better_the_sign_is_reversed():
    better, worse = mean_of([1.0, 2.0, 3.0], higher=False), mean_of([2.0, 3.0, 4.0], higher=False)
    assert paired(better, worse, 200, 0).value == pytest.approx(1.0)
    assert paired(worse, better, 200, 0).p_better == 1.0


def test_blocks_widen_the_interval_of_dependent_rows():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 40), 10)
    alone, blocked = interval(mean_of(values), 1000, 0), interval(mean_of(values, block=10), 1000, 0)
    assert blocked.high - blocked.low > 2 * (alone.high - alone.low)


def test_scores_on_different_rows_are_refused():
    with pytest.raises(ValueError, match="not the same rows"):
        paired(mean_of([1.0, 2.0]), mean_of([1.0]), 10, 0)
    other = dataclasses.replace(mean_of([1.0, 2.0]), name="median")
    with pytest.raises(ValueError, match="not the same rows"):
        paired(mean_of([1.0, 2.0]), other, 10, 0)


def test_too_few_blocks_give_no_interval_and_no_test():
    worse, better = np.linspace(1.0, 2.0, 45), np.linspace(1.1, 2.1, 45)
    found = paired(mean_of(better, block=5), mean_of(worse, block=5), 100, 0)
    assert (found.low, found.p_better, found.p_worse) == (None, None, None)
    assert found.reason == interval(mean_of(better, block=5), 100, 0).reason
    assert found.reason == "too few rows for an interval: 9 independent"
    assert found.outcome(0.05) == "undecided"


def test_fewer_than_twenty_units_have_a_test_but_no_interval():
    found = paired(mean_of([1.0] * 8), mean_of([0.0] * 8), 1000, 0)
    assert (found.low, found.high, found.reason) == (None, None, "n = 8")
    assert found.p_better == 0.5**8
    assert found.outcome(0.05) == "beats"
    assert interval(mean_of([1.0] * 8), 100, 0).to_json() == {
        "value": 1.0,
        "low": None,
        "high": None,
        "units": 8,
        "reason": "n = 8",
    }


def test_rows_of_a_group_are_summed_before_they_are_resampled():
    values = np.random.default_rng(0).normal(0, 1, 40)
    rows = np.repeat(values, 5)
    grouped = dataclasses.replace(mean_of(rows), groups=np.repeat(np.arange(40), 5), unit="group")
    assert interval(grouped, 500, 0).high == pytest.approx(interval(mean_of(values), 500, 0).high)
    order = np.random.default_rng(1).permutation(200)
    assert interval(grouped.take(order), 500, 0).high == pytest.approx(interval(grouped, 500, 0).high)
    assert interval(grouped.take(np.arange(20)), 500, 0).reason == "n = 4 groups"


def test_the_verdicts_in_both_directions_share_one_level():
    def outcome(better, worse):
        return Difference(0.0, -1.0, 1.0, better, worse, 50).outcome(0.05)

    assert (outcome(0.04, 0.96), outcome(0.96, 0.04), outcome(0.06, 0.94)) == ("beats", "loses to", "ties")


def test_a_difference_is_read_back_from_json_also_of_an_earlier_release():
    found = Difference(0.1, None, None, 0.03, 0.97, 8, "n = 8")
    assert Difference.read(found.to_json()) == found
    tested = Difference(0.1, 0.0, 0.2, 0.03, 0.97, 12, freedom=5)
    assert Difference.read(tested.to_json()) == tested
    former = Difference.read({"value": 0.1, "low": 0.05, "high": 0.2, "p": 0.25})
    assert (former.p_better, former.p_worse, former.units) == (0.25, 0.75, 0)
