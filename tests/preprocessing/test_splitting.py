"""Splits keep equal examples together, for any kind of example."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.errors import DataError
from seqops.preprocessing import splitting


@given(st.lists(st.sampled_from("abcdefg"), max_size=30), st.floats(0.05, 0.95), st.integers(0, 9))
def test_groups_are_drawn_whole(groups, share, seed):
    drawn = splitting.draw_groups(groups, share, seed)
    inside = {group for group, chosen in zip(groups, drawn, strict=True) if chosen}
    assert len(drawn) == len(groups)
    assert inside.isdisjoint(group for group, chosen in zip(groups, drawn, strict=True) if not chosen)
    assert len(inside) == (max(1, round(share * len(set(groups)))) if groups else 0)


def test_groups_are_drawn_the_same_by_number_and_by_name():
    names = list("abacadaeaf")
    codes = pd.factorize(np.array(names, object))[0]
    for seed in range(5):
        by_name, by_code = (splitting.draw_groups(groups, 0.5, seed) for groups in (names, codes))
        assert by_name.tolist() == by_code.tolist()


def test_the_validation_share_is_of_the_groups_outside_the_test_split():
    groups = [str(row % 20) for row in range(100)]
    test = splitting.draw_groups(groups, 0.5, 0)
    names = splitting.assign_splits(test, groups, 0.4, 1)
    counts = {name: len({g for g, n in zip(groups, names, strict=True) if n == name}) for name in set(names)}
    assert counts == {"test": 10, "validation": 4, "train": 6}
    assert sum(map(len, splitting.rows_by_split(names).values())) == 100
    assert not splitting.is_in_two_splits(groups, names).any()


def test_a_split_without_rows_is_refused():
    names = splitting.assign_splits(np.array([True, False]), ["a", "b"], 0.5, 0)
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
