"""Intervals and paired tests, against hand-worked cases and the textbook formula."""

import dataclasses

import numpy as np
import pytest

from seqops.core.score import Score
from seqops.metrics.bootstrap import interval, paired


def mean_of(values, higher=True, block=1):
    values = np.asarray(values, float)
    statistics = np.stack([values, np.ones(len(values))], axis=1)
    return Score("mean", statistics, lambda s: s[..., 0] / s[..., 1], higher, "arithmetic", block)


def test_the_interval_of_a_mean_agrees_with_the_normal_formula():
    values = np.random.default_rng(0).normal(5.0, 2.0, 400)
    found = interval(mean_of(values), 4000, 0)
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_equal_examples_leave_no_doubt():
    found = interval(mean_of([2.0] * 10), 200, 0)
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_the_interval_is_a_function_of_the_seed():
    score = mean_of(np.arange(30.0))
    assert interval(score, 300, 1) == interval(score, 300, 1)
    assert interval(score, 300, 1) != interval(score, 300, 2)


def test_a_system_is_never_better_than_itself():
    score = mean_of(np.arange(30.0))
    difference = paired(score, score, 500, 0)
    assert (difference.value, difference.low, difference.high, difference.p) == (0.0, 0.0, 0.0, 1.0)


def test_a_constant_gain_is_certain_although_the_rows_vary():
    values = np.random.default_rng(0).normal(0, 100, 50)
    difference = paired(mean_of(values + 1), mean_of(values), 999, 0)
    assert difference.value == pytest.approx(1.0)
    assert difference.p == pytest.approx(1 / 1000)


def test_lower_is_better_turns_the_sign():
    better, worse = mean_of([1.0, 2.0, 3.0], higher=False), mean_of([2.0, 3.0, 4.0], higher=False)
    assert paired(better, worse, 200, 0).value == pytest.approx(1.0)
    assert paired(worse, better, 200, 0).p == 1.0


def test_blocks_widen_the_interval_of_dependent_rows():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 40), 10)
    alone, blocked = interval(mean_of(values), 1000, 0), interval(mean_of(values, block=10), 1000, 0)
    assert blocked.high - blocked.low > 2 * (alone.high - alone.low)


def test_rows_that_differ_are_refused():
    with pytest.raises(ValueError, match="not the same rows"):
        paired(mean_of([1.0, 2.0]), mean_of([1.0]), 10, 0)
    other = dataclasses.replace(mean_of([1.0, 2.0]), name="median")
    with pytest.raises(ValueError, match="not the same rows"):
        paired(mean_of([1.0, 2.0]), other, 10, 0)


def test_rows_that_are_all_of_one_block_can_tell_nothing():
    worse, better = np.linspace(1.0, 2.0, 5), np.linspace(1.1, 2.1, 5)
    assert paired(mean_of(better, block=5), mean_of(worse, block=5), 100, 0).p == 1.0
    assert paired(mean_of(better), mean_of(worse), 100, 0).p < 0.05
