"""Logistic regression on running sums as a model: its inputs, its fit and its arrays."""

import numpy as np
import pytest

from seqops.core.ragged import Ragged, Split
from seqops.tasks.labelling.model.regression import Regression, running_sums

MODEL = Regression()


def split(figures, labels):
    columns = [np.array(row, float)[:, None] for row in figures]
    return Split({"figures": Ragged.from_rows(columns, float), "labels": Ragged.from_rows(labels, np.int8)})


def fitted(train):
    return MODEL.fit(None, {"train": train}, {})


def test_its_inputs_are_the_running_sum_the_step_and_the_length():
    figures = split([[1, 2, 4], [8]], [[0, 0, 0], [0]]).ragged("figures")
    assert running_sums(figures).tolist() == [[1, 1, 3], [3, 2, 3], [7, 3, 3], [8, 1, 1]]


def test_it_learns_a_threshold_of_the_sum():
    figures = np.random.default_rng(0).random((200, 4))
    rows = split(figures, np.cumsum(figures, axis=1) > 1)
    found = MODEL.predict(fitted(rows), split([[0.2, 0.2, 0.9], [0.99, 0.3]], [[0] * 3, [0] * 2]), {})
    assert found["labels"].tolist() == [[0, 0, 1], [0, 1]]
    assert all((np.array(row) > 0.5).tolist() == [x == 1 for x in labels] for labels, row in found.to_numpy())


@pytest.mark.parametrize("label", [0, 1])
def test_where_training_has_one_label_it_is_always_predicted(label):
    model = fitted(split([[1, 2], [3]], [[label] * 2, [label]]))
    assert MODEL.predict(model, split([[5, -5]], [[0, 0]]), {})["labels"].tolist() == [[label] * 2]


def test_its_arrays_are_all_that_it_is():
    rows = split([[0.1, 0.9], [0.4, 0.1]], [[0, 1], [0, 0]])
    model = fitted(rows)
    again = MODEL.from_arrays(MODEL.to_arrays(model), {})
    assert MODEL.predict(again, rows, {}).equals(MODEL.predict(model, rows, {}))
