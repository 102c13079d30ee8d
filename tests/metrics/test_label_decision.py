"""Labels from probabilities: the most likely, or with rare classes more often."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from seqops.metrics.label_decision import LabelDecision, decide

# the true label of the first two rows is rare, and its probability there is below that of the other
PROBABILITIES = np.array([[0.6, 0.4], [0.55, 0.45], [0.8, 0.2], [0.9, 0.1], [0.7, 0.3]])
TRUTH = np.array([1, 1, 0, 0, 0])


def test_the_lowest_strength_with_the_best_macro_f1_is_chosen():
    rule = LabelDecision((0.8, 0.2))
    offsets = rule.offsets(PROBABILITIES, TRUTH)
    # p(1) / p(0) is 0.67 and more in the first rows, 0.43 and less in the others; (0.8 / 0.2) ** 0.3 is 1.52
    assert offsets == pytest.approx([-0.3 * np.log(0.8), -0.3 * np.log(0.2)])
    assert decide(PROBABILITIES, offsets).tolist() == TRUTH.tolist()
    weaker = decide(PROBABILITIES, offsets * 2 / 3)
    assert f1_score(TRUTH, weaker, average="macro") < 1


def test_where_no_strength_is_better_the_label_is_the_likeliest():
    assert not LabelDecision((0.8, 0.2)).offsets(PROBABILITIES, np.zeros(5, np.int64)).any()
    assert not LabelDecision(()).offsets(PROBABILITIES, TRUTH).any()
    assert not LabelDecision((0.8, 0.2)).offsets(PROBABILITIES[:0], TRUTH[:0]).any()
    assert decide(PROBABILITIES, np.zeros(2)).tolist() == [0, 0, 0, 0, 0]


def test_a_class_of_probability_0_is_never_the_label():
    assert decide(np.array([[0.0, 1.0]]), np.array([5.0, 0.0])).tolist() == [1]
