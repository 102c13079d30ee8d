"""Which values win: the best over other seeds, if the difference is significant."""

import pytest

from seqops.tuning.finalists import Finalist, select_winner


def finalist(label, *scores):
    return Finalist(label, {"model.units": label}, None, scores)


# each has a standard deviation of 0.14, which is also the standard error of a difference of two means; with
# two seeds and two other finalists 4.30 such errors are needed (t with 2 degrees of freedom at 0.025), with
# one other 2.92
CURRENT = finalist("current", 1.9, 2.1)
BETTER = finalist("better", 2.9, 3.1)
LUCKY = finalist("lucky", 2.0, 2.3)


def winner(*tried, sign=1.0):
    return select_winner([CURRENT, *tried], 2, sign).label


def test_the_mean_and_the_spread_by_hand():
    assert CURRENT.mean == 2.0
    assert CURRENT.spread == pytest.approx(0.02**0.5)


def test_the_best_mean_wins():
    assert winner(LUCKY, BETTER) == "better"
    assert winner(BETTER, LUCKY) == "better"


def test_a_difference_within_the_spread_of_seeds_does_not_win():
    assert winner(LUCKY) == "current"


def test_more_finalists_require_a_larger_difference():
    # 0.5 is 3.54 standard errors
    close = finalist("close", 2.4, 2.6)
    assert winner(close) == "close"
    assert winner(close, LUCKY) == "current"


def test_a_tie_and_a_worse_mean_keep_the_current_values():
    assert winner(finalist("same", 1.9, 2.1)) == "current"
    assert winner(finalist("worse", 1.0, 1.0)) == "current"


def test_lower_wins_where_lower_is_better():
    assert winner(finalist("lower", 0.9, 1.1), BETTER, sign=-1.0) == "lower"


def test_a_finalist_that_failed_with_a_seed_cannot_win():
    assert winner(finalist("half", 9.0)) == "current"


def test_current_values_that_fail_with_a_seed_are_replaced_by_the_best_that_does_not():
    broken = finalist("current", 9.0)
    assert select_winner([broken, LUCKY, BETTER], 2, 1.0).label == "better"
    assert select_winner([broken], 2, 1.0).label == "current"
