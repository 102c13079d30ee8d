"""Which values are written down: the best over other seeds, where that is more than luck."""

import pytest

from seqops.tuning.finalists import Finalist, select_winner


def candidate(label, *scores):
    return Finalist(label, {"model.units": label}, None, scores)


# each has a standard deviation of 0.14: so is the standard error of a difference of two means; with two seeds
# and two others 4.30 such errors are needed (t of 2 degrees of freedom at 0.025), with one other 2.92
PRESENT = candidate("present", 1.9, 2.1)
BETTER = candidate("better", 2.9, 3.1)
LUCKY = candidate("lucky", 2.0, 2.3)


def chosen(*tried, sign=1.0):
    return select_winner([PRESENT, *tried], 2, sign).label


def test_a_standard_error_is_worked_by_hand():
    assert PRESENT.mean == 2.0
    assert PRESENT.spread == pytest.approx(0.02**0.5)


def test_the_best_mean_wins():
    assert chosen(LUCKY, BETTER) == "better"
    assert chosen(BETTER, LUCKY) == "better"


def test_a_difference_that_the_seeds_explain_is_luck():
    assert chosen(LUCKY) == "present"


def test_the_more_candidates_the_more_the_best_of_them_must_bring():
    # 0.5 is 3.54 standard errors
    close = candidate("close", 2.4, 2.6)
    assert chosen(close) == "close"
    assert chosen(close, LUCKY) == "present"


def test_a_tie_and_a_worse_mean_keep_the_present_values():
    assert chosen(candidate("same", 1.9, 2.1)) == "present"
    assert chosen(candidate("worse", 1.0, 1.0)) == "present"


def test_lower_wins_where_lower_is_better():
    assert chosen(candidate("lower", 0.9, 1.1), BETTER, sign=-1.0) == "lower"


def test_a_candidate_that_failed_with_a_seed_cannot_win():
    assert chosen(candidate("half", 9.0)) == "present"


def test_present_values_that_fail_with_a_seed_are_replaced_by_the_best_that_does_not():
    broken = candidate("present", 9.0)
    assert select_winner([broken, LUCKY, BETTER], 2, 1.0).label == "better"
    assert select_winner([broken], 2, 1.0).label == "present"
