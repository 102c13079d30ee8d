"""Tests at levels below what the resamples resolve."""

import pytest

from seqops.metrics.paired_tests import Difference
from seqops.metrics.small_levels import beats_at

RESAMPLES = 2000
T = {100: 1.98422, 20: 2.09302}
"""The quantile of 0.975 of a t distribution by the number of units."""


def difference(errors, p=1 / (RESAMPLES + 1), units=100):
    """A difference of so many standard errors, each 0.1."""
    return Difference(0.1 * errors, 0.1 * (errors - T[units]), 0.1 * (errors + T[units]), p, 1 - p, units)


@pytest.mark.parametrize(("p", "beats"), [(0.029, True), (0.031, False)])
def test_a_level_that_the_resamples_resolve_is_compared_with_their_share(p, beats):
    assert beats_at(difference(2, p), 0.03, RESAMPLES) is beats


@pytest.mark.parametrize(
    ("errors", "units", "beats"), [(5.1, 100, True), (5.0, 100, False), (6.8, 20, True), (6.7, 20, False)]
)
def test_a_smaller_level_asks_for_more_standard_errors(errors, units, beats):
    """The quantile of 1e-6 is 5.05 with 99 degrees of freedom and 6.72 with 19, where that of z is 4.75."""
    assert beats_at(difference(errors, units=units), 1e-6, RESAMPLES) is beats


def test_a_level_below_the_resamples_still_asks_for_their_share():
    assert not beats_at(difference(6, p=0.2), 1e-6, RESAMPLES)


def test_a_negative_difference_beats_at_no_level():
    assert not beats_at(difference(-1, p=0.001), 0.05, RESAMPLES)


def test_without_an_interval_only_a_level_that_the_resamples_resolve_can_be_passed():
    few = Difference(0.5, None, None, 0.001, 0.999, 12, "n = 12")
    assert beats_at(few, 0.05, RESAMPLES)
    assert not beats_at(few, 1e-4, RESAMPLES)


def test_what_cannot_be_compared_beats_at_no_level():
    assert not beats_at(Difference(0.5, None, None, None, None, 3, "too few"), 0.05, RESAMPLES)


@pytest.mark.parametrize(("p", "beats"), [(0.9e-4, True), (1.1e-4, False)])
def test_the_p_value_of_a_t_test_decides_at_every_level(p, beats):
    """Of 3 degrees of freedom: 16 standard errors, where a normal quantile would ask for 6."""
    few = Difference(1.6, 1.6 - 0.318, 1.6 + 0.318, p, 1 - p, 10, freedom=3)
    assert beats_at(few, 1e-4, RESAMPLES) is beats
