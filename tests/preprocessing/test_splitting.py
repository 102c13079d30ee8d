"""Splits keep equal examples together, for any kind of example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.errors import DataError
from seqops.preprocessing import splitting

GROUPS = [f"group {i}" for i in range(2000)]


@given(st.lists(st.text(max_size=3), max_size=30), st.lists(st.text(max_size=3)), st.integers(0, 9))
def test_a_row_keeps_its_split_whatever_rows_come_and_in_any_order(groups, more, seed):
    def splits_of(rows):
        test = splitting.draw_groups(rows, 0.3, seed)
        return dict(zip(rows, splitting.assign_splits(test, rows, 0.3, seed + 1), strict=True))

    before, after = splits_of(groups), splits_of([*more, *reversed(groups)])
    assert all(after[group] == name for group, name in before.items())


def test_rows_of_a_group_are_drawn_together():
    drawn = splitting.draw_groups([*GROUPS, *GROUPS], 0.5, 0)
    assert drawn[:2000].tolist() == drawn[2000:].tolist()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.7])
def test_about_the_share_of_the_groups_is_drawn(share):
    error = (share * (1 - share) / len(GROUPS)) ** 0.5
    for seed in range(5):
        assert abs(splitting.draw_groups(GROUPS, share, seed).mean() - share) < 4 * error


def test_seeds_draw_independently():
    first, second = (splitting.draw_groups(GROUPS, 0.5, seed) for seed in (0, 1))
    assert 0.2 < (first & second).mean() < 0.3


def test_the_validation_share_is_of_the_groups_outside_the_test_split():
    test = splitting.draw_groups(GROUPS, 0.5, 0)
    names = splitting.assign_splits(test, GROUPS, 0.4, 1)
    assert (names == "test").tolist() == test.tolist()
    assert 0.35 < (names[~test] == "validation").mean() < 0.45


def test_one_percent_more_rows_put_no_training_row_into_the_test_split():
    """A permutation of the rows, as of `train_test_split`, fills half of it with such rows."""
    ours = [splitting.draw_groups(GROUPS[:n], 0.2, 0) for n in (1980, 2000)]
    assert not (ours[1][:1980] & ~ours[0]).any()
    permuted = [np.random.default_rng(0).permutation(n)[: n // 5] for n in (1980, 2000)]
    trained_on = (permuted[1] < 1980) & ~np.isin(permuted[1], permuted[0])
    assert trained_on.mean() > 1 / 3


def test_a_split_without_rows_is_refused():
    names = np.array(["test", "validation"])
    with pytest.raises(DataError, match=r"^2 texts are too few: no rows for train\."):
        splitting.require_rows(names, "texts")


def test_rows_in_two_splits_are_found_except_empty_and_unused_ones():
    names = np.array(["train", "test", "test", "unused", "train"])
    found = splitting.is_in_two_splits(["a", "a", "b", "b", "c"], names)
    assert found.tolist() == [True, True, False, False, False]
    assert not splitting.is_in_two_splits([""] * 5, names).any()
    assert splitting.is_in_two_splits(np.array([1, 2, 1, 2, 3]), names).tolist() == [
        True,
        False,
        True,
        False,
        False,
    ]


def test_groups_are_numbered_by_their_first_rows():
    assert splitting.group_codes(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]
