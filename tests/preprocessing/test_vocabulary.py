"""Vocabularies, windows and batches of similar length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.ragged import Ragged
from seqops.nn.batching import buckets, in_length_order
from seqops.preprocessing.vocabulary import (
    UNKNOWN,
    build_vocabulary,
    coverage_size,
    index_of,
    rare_token_share,
    share,
    windows,
)

LENGTHS = st.lists(st.integers(0, 50), max_size=300).map(lambda n: np.array(n, np.int64))


def test_a_vocabulary_is_sorted_by_frequency_and_then_by_name():
    rows = [["b", "a", "c"], ["c", "a"], ["c", "d"]]
    assert build_vocabulary(rows) == ["<pad>", "<unk>", "c", "a", "b", "d"]


def test_a_vocabulary_excludes_rare_tokens_and_lists_special_ones_once():
    rows = [["a", "a", "<unk>", "<unk>", "b"]]
    assert build_vocabulary(rows, min_count=2) == ["<pad>", "<unk>", "a"]


@given(st.lists(st.lists(st.text("abcd", max_size=2), max_size=5), max_size=5), st.randoms())
def test_a_vocabulary_does_not_depend_on_the_order_of_rows(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert build_vocabulary(rows) == build_vocabulary(shuffled)


def test_an_unseen_token_is_looked_up_as_unknown():
    index = index_of(build_vocabulary([["a"]]))
    assert index == {"<pad>": 0, "<unk>": 1, "a": 2}
    assert index.get("z", UNKNOWN) == 1


@pytest.mark.parametrize(
    ("length", "size", "step", "starts"),
    [(5, 3, 1, [0, 1, 2]), (5, 5, 1, [0]), (7, 3, 2, [0, 2, 4]), (8, 3, 2, [0, 2, 4]), (1, 1, 9, [0])],
)
def test_windows_are_all_that_fit_into_the_series(length, size, step, starts):
    assert windows(length, size, step).tolist() == starts


def test_a_series_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="a series of 4 rows is shorter than one window of 5"):
        windows(4, 5)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 5), st.integers(0, 5))
def test_batches_contain_every_row_once(lengths, batch_size, seed, epoch):
    batches = buckets(lengths, batch_size, seed, epoch)
    assert all(1 <= len(batch) <= batch_size for batch in batches)
    assert len(batches) == -(-len(lengths) // batch_size)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 40), st.integers(0, 5), st.integers(0, 5))
def test_batches_depend_only_on_seed_and_epoch(lengths, batch_size, seed, epoch):
    first, second = (buckets(lengths, batch_size, seed, epoch) for _ in range(2))
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in second]


def test_another_epoch_and_another_seed_give_other_batches():
    lengths = np.arange(100, dtype=np.int64) % 7
    orders = {
        tuple(np.concatenate(buckets(lengths, 8, seed, epoch)).tolist())
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_rows_of_similar_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(1, 100, 400)
    padded = sum(len(batch) * lengths[batch].max() for batch in buckets(lengths, 8, 0, 0))
    shuffled = np.random.default_rng(1).permutation(400).reshape(-1, 8)
    assert padded < 1.1 * lengths.sum()
    assert sum(8 * lengths[batch].max() for batch in shuffled) > 1.5 * lengths.sum()


@given(LENGTHS, st.integers(1, 40))
def test_prediction_batches_are_in_order_of_length_and_contain_every_row(lengths, batch_size):
    batches = in_length_order(lengths, batch_size)
    order = [int(i) for batch in batches for i in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert np.all(np.diff(lengths[order]) >= 0)


def test_the_share_of_tokens_that_meet_a_condition():
    rows = Ragged.from_rows([[1, 2, 3, 4], [], [1, 1]], np.int64)
    np.testing.assert_array_equal(share(rows.values == 1, rows), [0.25, 0, 1])


def test_rare_tokens_are_unknown_ones_and_those_beyond_the_frequent_ones():
    rows = Ragged.from_rows([[2, 3], [2, 4], [UNKNOWN, 21]], np.int64)
    np.testing.assert_array_equal(rare_token_share(rows, 4), [0, 0.5, 1])


def test_coverage_size_is_the_number_of_tokens_that_cover_a_share_of_the_text():
    rows = [["a", "a", "b"], ["a", "b", "c", "x", "y", "z", "z"]]
    vocabulary = ["<pad>", "<unk>", "a", "b", "c"]
    # of ten tokens, a covers three, a and b five, and with c six
    assert coverage_size(rows, vocabulary, 0.3) == 3
    assert coverage_size(rows, vocabulary, 0.31) == 4
    assert coverage_size(rows, vocabulary, 0.6) == 5
    assert coverage_size(rows, vocabulary, 0.8) == 5
