"""Slices by length and the confusion matrix, worked by hand."""

import math

import numpy as np

from seqops.evaluation.confusion import plot_confusion
from seqops.evaluation.slices import count_words, slices_by_length


def test_every_row_is_in_the_slice_of_its_length():
    lengths = count_words(["", "one", "one two", " one  two three "])
    masks = slices_by_length(lengths, {"short": (0, 1), "long": (2, math.inf)})
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "short": [True, True, False, False],
        "long": [False, False, True, True],
    }


def test_a_confusion_matrix_has_true_labels_in_rows():
    plot = plot_confusion(np.array([0, 0, 1, 1, 1]), [0, 1, 1, 1, 0], ["no", "yes"], "Confusion")
    assert (plot.x, list(plot.y)) == ("true", ["no", "yes"])
    assert plot.table.to_numpy().tolist() == [["no", 1, 1], ["yes", 1, 2]]


def test_a_confusion_matrix_of_no_rows_is_zero():
    assert plot_confusion([], [], ["a", "b"], "Confusion").table[["a", "b"]].to_numpy().sum() == 0
