"""Tables of the report: rounded numbers and marked differences."""

import pandas as pd

from seqops.evaluation.example_table import cells, differences


def test_words_that_differ_are_marked_in_both_texts():
    assert differences("the cat sat.", "the dog sat") == (
        [("the", False), (" cat", True), (" sat", False), (".", True)],
        [("the", False), (" dog", True), (" sat", False)],
    )
    assert differences("same", "same") == ([("same", False)], [("same", False)])
    assert differences("a", "") == ([("a", True)], [])


def test_labels_are_compared_place_by_place_and_moved_words_are_aligned():
    assert differences("0 0 0 1", "0 0 1 1") == (
        [("0 0", False), (" 0", True), (" 1", False)],
        [("0 0", False), (" 1", True), (" 1", False)],
    )
    assert differences("so we went home", "we went home") == (
        [("so we", True), (" went home", False)],
        [("we", True), (" went home", False)],
    )


def test_long_texts_of_few_words_are_compared_place_by_place():
    labels = "0 1 " * 100
    found, _ = differences(f"{labels}0", f"{labels}1")
    assert found == [(f"{labels}".rstrip(), False), (" 0", True)]


def test_a_row_is_rounded_and_compared_where_it_has_truth_and_prediction():
    table = pd.DataFrame({"input": ["x"], "truth": ["a b"], "predicted": ["a c"], "f1": [1 / 3], "n": [2]})
    assert cells(table) == [
        [
            [("x", False)],
            [("a", False), (" b", True)],
            [("a", False), (" c", True)],
            [("0.3333", False)],
            [("2", False)],
        ]
    ]


def test_numbers_are_not_compared_as_texts():
    assert cells(pd.DataFrame({"truth": [1.0], "predicted": [2.0]})) == [[[("1", False)], [("2", False)]]]
