"""Conformal widths by hand: errors by period, ranks, growth with the step, Student's t beyond the ranks."""

import numpy as np
import pytest
from scipy import stats

from seqops.tasks.forecast.model import conformal
from seqops.tasks.forecast.model.conformal import PastErrors, half_widths

NAN = np.nan


def past(*rows):
    sizes = np.array(rows, np.float64)[:, :, None]
    return PastErrors(sizes, np.arange(len(sizes), dtype=np.float64)[::-1])


def test_errors_are_sorted_by_the_period_that_was_forecast():
    errors = np.array([[1.0, -2.0, NAN], [3.0, NAN, NAN]])[:, :, None]
    found = PastErrors.of_series(errors, np.array([5, 6]))
    # after origin 5: its first step; then its second step and the first of origin 6; nothing is known later
    np.testing.assert_array_equal(found.sizes[:, :, 0], [[1, NAN, NAN], [3, 2, NAN]])
    assert found.ages.tolist() == [1, 0]


def test_origins_that_are_apart_leave_periods_without_a_forecast():
    found = PastErrors.of_series(np.array([[[1.0]], [[2.0]]]), np.array([3, 6]))
    np.testing.assert_array_equal(found.sizes.ravel(), [1, NAN, NAN, 2])


def test_without_any_truth_there_is_no_error():
    assert len(PastErrors.of_series(np.full((2, 3, 1), NAN), np.array([0, 1])).ages) == 0


def test_an_origin_knows_the_errors_of_the_periods_before_it():
    errors = past([1.0, NAN], [2.0, 3.0], [4.0, 5.0])
    assert len(errors.until(0).ages) == 0
    np.testing.assert_array_equal(errors.until(2).sizes[:, :, 0], [[1, NAN], [2, 3]])
    assert errors.until(2).ages.tolist() == [1, 0]
    assert errors.until(5).ages.tolist() == [4, 3, 2]


def test_saved_errors_age_by_the_periods_since():
    joined = past([9.0]).followed_by(past([1.0], [2.0]), 2)
    assert joined.ages.tolist() == [2, 1, 0]
    assert joined.sizes.ravel().tolist() == [9, 1, 2]


def test_only_the_latest_periods_are_kept():
    assert past([3.0], [2.0], [1.0]).latest(2).sizes.ravel().tolist() == [1, 2]


def test_the_quantile_of_n_scores_has_the_rank_of_n_plus_one():
    scores = np.arange(9.0, 0.0, -1.0)
    found = conformal._quantiles(scores, np.ones(9), 9.0, np.array([0.5, 0.8, 0.9]))
    # ranks (9 + 1) x 0.5, 0.8 and 0.9
    assert found.tolist() == [5, 8, 9]


def test_a_level_without_a_rank_takes_the_quantile_of_student():
    scores = np.arange(1.0, 10.0)
    [found] = conformal._quantiles(scores, np.ones(9), 9.0, np.array([0.95]))
    assert found == pytest.approx(np.sqrt(285 / 9) * stats.t.ppf(0.975, 9))
    # one large score among eight: it is the least that is taken
    outlier = np.array([0.1] * 8 + [10.0])
    assert conformal._quantiles(outlier, np.ones(9), 9.0, np.array([0.92])).tolist() == [10]


def test_recent_errors_weigh_more():
    calm_now, wild_now = past(*[[5.0]] * 30, *[[1.0]] * 30), past(*[[1.0]] * 30, *[[5.0]] * 30)
    # 30 of 60 periods have 0.95^30 = 21 % of the weight of the others: 18 % of all
    levels = np.array([0.7, 0.8])
    assert half_widths(calm_now, levels).ravel().tolist() == [1, 1]
    assert half_widths(wild_now, levels).ravel().tolist() == [5, 5]


def test_errors_grow_with_a_power_of_the_step():
    roots = past(*[np.sqrt([1.0, 2.0, 3.0, 4.0])] * 20)
    widths = half_widths(roots, np.array([0.5]))[0, :, 0]
    np.testing.assert_allclose(widths, np.sqrt([1, 2, 3, 4]))


def test_steps_without_enough_errors_grow_at_least_like_a_random_walk():
    # constant over two steps; the third and fourth have errors of fewer than half of the periods
    rows = [[2.0, 2.0, NAN, NAN]] * 9 + [[2.0, 2.0, 2.0, 2.0]]
    widths = half_widths(past(*rows), np.array([0.5]))[0, :, 0]
    # the scores of the last steps are smaller by their growth, so that the median remains 2
    np.testing.assert_allclose(widths, 2 * np.sqrt([1, 1, 1.5, 2]))


def test_intervals_are_wider_at_a_higher_level():
    generator = np.random.default_rng(0)
    levels = np.array([0.1, 0.3, 0.5, 0.8, 0.9, 0.95])
    for periods in (1, 3, 7, 25, 90):
        found = half_widths(
            PastErrors(generator.exponential(size=(periods, 4, 2)), np.arange(periods) * 1.0), levels
        )
        assert found.shape == (6, 4, 2)
        assert (np.diff(found, axis=0) >= 0).all()


def test_without_errors_the_width_is_unknown():
    assert np.isnan(half_widths(PastErrors(np.zeros((0, 3, 1)), np.zeros(0)), np.array([0.8]))).all()


def test_forecasts_without_an_error_have_no_width():
    assert half_widths(past([0.0, 0.0], [0.0, 0.0]), np.array([0.8, 0.95])).max() == 0
