"""Classification scores, by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, log_loss, mean_absolute_error

from seqops.metrics.classification import class_scores
from seqops.metrics.intervals import interval

TRUTH = np.array([0, 0, 1, 2])
FOUND = np.array([0, 1, 1, 0])


def one_hot(found, classes):
    return np.eye(classes)[found]


def scored(truth, found, classes=3, ordered=True, probabilities=None):
    predicted = one_hot(found, classes) if probabilities is None else probabilities
    return {s.name: s for s in class_scores(truth, found, predicted, classes, ordered)}


def test_scores_by_hand():
    found = scored(TRUTH, FOUND)
    assert found["accuracy"].point() == 0.5
    # F1: class 0 2/4, class 1 2/3, class 2 0
    assert found["macro_f1"].point() == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert found["mae"].point() == pytest.approx((0 + 1 + 0 + 2) / 4)
    # squared distances 0, 1, 0, 4; over all pairs of a true and a predicted class, 16 / 16
    assert found["kappa"].point() == pytest.approx(1 - (5 / 4) / (16 / 16))


def test_distances_are_scored_only_for_ordered_classes():
    assert set(scored(TRUTH, FOUND, ordered=True)) - set(scored(TRUTH, FOUND, ordered=False)) == {
        "kappa",
        "mae",
    }


def test_a_class_that_neither_occurs_nor_is_predicted_does_not_lower_the_mean():
    found = scored(np.array([0, 1]), np.array([0, 1]), classes=5)
    assert found["macro_f1"].point() == 1.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_scores_equal_those_of_scikit_learn(pairs):
    truth, found = np.array(pairs).T
    scores = scored(truth, found, classes=4)
    assert scores["accuracy"].point() == pytest.approx(accuracy_score(truth, found))
    assert scores["macro_f1"].point() == pytest.approx(f1_score(truth, found, average="macro"))
    assert scores["mae"].point() == pytest.approx(mean_absolute_error(truth, found))
    if len({*truth, *found}) > 1:
        reference = cohen_kappa_score(truth, found, labels=range(4), weights="quadratic")
        assert scores["kappa"].point() == pytest.approx(reference)
    else:
        assert np.isnan(scores["kappa"].point())


def test_log_loss_equals_that_of_scikit_learn():
    probabilities = np.random.default_rng(0).dirichlet([1.0, 1.0, 1.0], 20)
    truth = np.arange(20) % 3
    scores = scored(truth, probabilities.argmax(1), probabilities=probabilities)
    assert scores["log_loss"].point() == pytest.approx(log_loss(truth, probabilities))


def test_the_bootstrap_can_sum_any_weights_of_rows():
    weights = np.array([[1, 1, 1, 1], [4, 0, 0, 0], [0, 2, 2, 0]])
    found = scored(TRUTH, FOUND)
    for name, expected in {"accuracy": [0.5, 1.0, 0.5], "macro_f1": [7 / 18, 1.0, 1 / 3]}.items():
        score = found[name]
        assert score.value(weights @ score.statistics) == pytest.approx(expected)


def test_macro_f1_has_no_interval_where_a_class_has_few_rows():
    def scored(rare):
        truth = np.repeat([0, 1], [rare, 60])
        predicted = np.where(np.arange(len(truth)) % 5 == 0, 1 - truth, truth)
        probabilities = np.full((len(truth), 3), 1 / 3)
        return {s.name: s for s in class_scores(truth, predicted, probabilities, 3, False)}

    few, enough = interval(scored(19)["macro_f1"], 200, 0), interval(scored(20)["macro_f1"], 200, 0)
    assert (few.low, few.high, few.reason) == (None, None, "a class has 19 rows")
    assert enough.low < enough.value < enough.high
    assert interval(scored(19)["accuracy"], 200, 0).low is not None
    # of the rows that are selected, as those of a slice
    some = scored(20)["macro_f1"].take(np.arange(15, 80))
    assert interval(some, 200, 0).reason == "a class has 5 rows"
