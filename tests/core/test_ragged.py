"""Ragged arrays: rows are stored and returned unchanged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.ragged import Ragged, Slices, Split, concatenate

ROWS = st.lists(st.lists(st.integers(-1000, 1000), max_size=6), max_size=8)
WIDE = st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4), max_size=6)


def rows_of(ragged):
    return [ragged[i].tolist() for i in range(len(ragged))]


def test_rows_are_concatenated():
    ragged = Ragged.from_rows([[1, 2], [], [3]], np.int32)
    assert ragged.values.tolist() == [1, 2, 3]
    assert ragged.values.dtype == np.int32
    assert ragged.offsets.tolist() == [0, 2, 2, 3]
    assert ragged.offsets.dtype == np.int64
    assert ragged.lengths.tolist() == [2, 0, 1]


def test_rows_can_be_matrices_and_some_of_them_empty():
    ragged = Ragged.from_rows([[], [[1, 2], [3, 4]], np.zeros((0, 2)), [[5, 6]]], np.int64)
    assert ragged.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert ragged.lengths.tolist() == [0, 2, 0, 1]
    assert ragged.padded().shape == (4, 2, 2)


def test_padding_is_on_the_right():
    padded = Ragged.from_rows([[1, 2], [], [3]], np.int64).padded(-1)
    assert padded.tolist() == [[1, 2], [-1, -1], [3, -1]]


def test_zero_rows():
    empty = Ragged.from_rows([], np.float32)
    assert len(empty) == 0
    assert empty.padded().shape == (0, 0)
    assert len(empty.take(np.array([], np.int64))) == 0


@given(ROWS)
def test_rows_are_returned_unchanged(rows):
    assert rows_of(Ragged.from_rows(rows, np.int64)) == rows


@given(ROWS, st.data())
def test_take_returns_the_requested_rows_in_the_requested_order(rows, data):
    indices = data.draw(st.lists(st.integers(-len(rows), len(rows) - 1), max_size=9) if rows else st.just([]))
    taken = Ragged.from_rows(rows, np.int16).take(np.array(indices, np.int64))
    assert rows_of(taken) == [rows[i] for i in indices]
    assert taken.values.dtype == np.int16
    assert taken.offsets.dtype == np.int64


@given(ROWS, st.data())
def test_take_by_a_mask_returns_the_selected_rows(rows, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    taken = Ragged.from_rows(rows, np.int64).take(mask)
    assert rows_of(taken) == [row for row, kept in zip(rows, mask, strict=True) if kept]


@given(WIDE, st.data())
def test_take_keeps_the_width_of_matrices(rows, data):
    indices = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=5) if rows else st.just([]))
    taken = Ragged.from_rows(rows, np.int64).take(np.array(indices, np.int64))
    assert rows_of(taken) == [[list(pair) for pair in rows[i]] for i in indices]


def test_take_outside_the_rows_is_refused():
    with pytest.raises(IndexError):
        Ragged.from_rows([[1], [2]], np.int64).take(np.array([2]))


@given(ROWS)
def test_padding_contains_each_row_and_then_the_fill_value(rows):
    padded = Ragged.from_rows(rows, np.int64).padded(7777)
    longest = max(map(len, rows), default=0)
    assert padded.tolist() == [row + [7777] * (longest - len(row)) for row in rows]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8))
def test_texts_are_returned_unchanged(texts):
    assert Ragged.from_texts(texts).texts() == texts


@given(ROWS)
def test_a_split_takes_the_same_rows_of_every_column(rows):
    split = Split({"tokens": Ragged.from_rows(rows, np.int64), "position": np.arange(len(rows))})
    backwards = np.arange(len(rows))[::-1]
    taken = split.take(backwards)
    assert rows_of(taken.ragged("tokens")) == rows[::-1]
    assert taken.plain("position").tolist() == backwards.tolist()


def test_columns_of_differing_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        Split({"tokens": Ragged.from_rows([[1]], np.int64), "position": np.arange(2)})


def test_a_column_of_the_wrong_kind_is_refused():
    split = Split({"tokens": Ragged.from_rows([[1]], np.int64), "position": np.arange(1)})
    with pytest.raises(TypeError, match="'position' is plain"):
        split.ragged("position")
    with pytest.raises(TypeError, match="'tokens' is ragged"):
        split.plain("tokens")


SLICES = Slices(np.arange(10.0), np.array([[0, 2], [1, 3], [7, 9]]))


def test_slices_of_one_length_are_stacked():
    assert SLICES.stacked().tolist() == [[0, 1], [1, 2], [7, 8]]
    split = Split({"shared": SLICES, "plain": np.zeros((3, 2))})
    assert split.take(np.array([2])).stacked("shared").tolist() == [[7, 8]]
    assert split.stacked("plain").tolist() == [[0, 0]] * 3
    with pytest.raises(ValueError, match="different lengths"):
        Slices(np.arange(9), np.array([[0, 2], [1, 4]])).stacked()


def test_an_array_is_concatenated_to_slices_as_slices_of_it():
    found = concatenate([Split({"x": SLICES}), Split({"x": np.array([[20.0, 21.0], [22.0, 23.0]])})])
    assert isinstance(found.columns["x"], Slices)
    assert found.stacked("x").tolist() == [[0, 1], [1, 2], [7, 8], [20, 21], [22, 23]]


def test_ragged_columns_are_concatenated_row_by_row():
    parts = [[[1, 2], []], [[]], [[3]]]
    found = concatenate([Split({"x": Ragged.from_rows(rows, np.int64)}) for rows in parts])
    assert rows_of(found.ragged("x")) == [[1, 2], [], [], [3]]
    assert found.ragged("x").offsets.dtype == np.int64
