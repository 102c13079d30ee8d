"""Intervals where hardly a row fails, or hardly a row has anything that could fail, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc

from seqops.core.ragged import Ragged
from seqops.metrics.classification import class_scores, worst_error, worst_kappa, worst_macro_f1
from seqops.metrics.entity_spans import span_scores
from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import paired
from seqops.metrics.rare_events import share_limits
from seqops.metrics.seeds import interval_over_seeds
from seqops.tasks.labelling.metrics import all_of

SPAN = (0, 1, "A")


def spans(found, missed=0, invented=0, sentences=711):
    """Return the scores of sentences of which the first ones have one span, found or not."""
    true = [[SPAN] if i < found + missed else [] for i in range(sentences)]
    predicted = [[SPAN] if i < found or i >= sentences - invented else [] for i in range(sentences)]
    return {score.name: score for score in span_scores(predicted, true, ["A"])}


def ordered(truth, predicted, classes=2):
    found = class_scores(truth, predicted, np.eye(classes)[predicted], classes, ordered=True)
    return {score.name: score for score in found}


def halves(wrong=0, rows=40):
    truth = np.arange(rows) % 2
    return ordered(truth, np.where(np.arange(rows) < wrong, 1 - truth, truth))


def ends(score):
    found = interval(score, 400, 0)
    return found.low, found.high


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "f1_A"])
def test_sentences_without_a_span_do_not_count_as_found(name):
    low, high = ends(spans(found=30)[name])
    assert (low, high) == (pytest.approx(0.05 ** (1 / 30)), 1.0)
    assert ends(spans(found=30, sentences=30)[name]) == (low, high)
    assert ends(spans(found=0, missed=20, invented=20)[name]) == (
        0.0,
        pytest.approx(1 - 0.05 ** (1 / COUNT[name])),
    )


COUNT = {"f1": 40, "precision": 20, "recall": 20, "f1_A": 40}
"""Sentences that count of 20 with a missed span and 20 others with a false one."""


def test_fewer_than_twenty_sentences_with_a_span_have_no_interval():
    few = interval(spans(found=3)["f1"], 100, 0)
    assert (few.low, few.units, few.reason) == (None, 711, "n = 3 of 711 rows")
    assert interval(spans(found=0)["f1"], 100, 0).reason == "n = 0 of 711 rows"
    # a missed span is nothing that could be precise, and a false one nothing to be recalled
    scores = spans(found=19, missed=5, invented=4)
    assert interval(scores["precision"], 100, 0).low is not None
    scores = spans(found=15, missed=9, invented=4)
    assert interval(scores["precision"], 100, 0).reason == "n = 19 of 711 rows"
    assert interval(scores["recall"], 100, 0).low is not None


def test_a_difference_counts_the_sentences_in_which_either_has_a_span():
    found = paired(spans(found=30)["f1"], spans(found=30)["f1"], 100, 0)
    assert -found.low == found.high == pytest.approx(1 - 0.05 ** (1 / 30))
    assert paired(spans(found=9)["f1"], spans(found=9)["f1"], 100, 0).reason == "n = 9 of 711 rows"
    assert paired(spans(found=9)["f1"], spans(found=9, invented=11)["f1"], 100, 0).reason == ""


def test_sequences_without_the_label_do_not_count_as_labelled():
    truth = Ragged.from_rows([[1, 0]] * 30 + [[0, 0]] * 170, np.int8)
    predicted = pd.Series([[1, 0]] * 30 + [[0, 0]] * 170)
    found = {score.name: score for score in all_of(predicted, truth)}
    assert ends(found["f1"])[0] == pytest.approx(0.05 ** (1 / 30))
    assert ends(found["exact"])[0] == pytest.approx(0.05 ** (1 / 200))


def test_kappa_and_distance_of_two_equal_classes_have_the_limits_of_the_accuracy():
    for wrong in (0, 1, 40):
        scores = halves(wrong)
        low, high = ends(scores["accuracy"])
        assert ends(scores["mae"]) == pytest.approx((1 - high, 1 - low), abs=1e-6)
    low, high = ends(halves()["accuracy"])
    assert ends(halves()["kappa"]) == pytest.approx((2 * low - 1, 1.0))
    assert low == pytest.approx(0.05 ** (1 / 40))


def test_kappa_is_never_above_one_nor_certain():
    low, high = ends(halves(wrong=1)["kappa"])
    assert low < 0.8 < 0.95 < high < 1
    low, high = ends(halves(wrong=40)["kappa"])
    assert low == -1 < high < -0.8


def test_without_an_error_the_next_one_may_be_the_worst():
    truth = np.arange(200) % 5
    scores = ordered(truth, truth, 5)
    # the mean squared distance of two rows is 4, the largest 16: 4 times 1 / n, of a width of 2
    sums = scores["kappa"].statistics.sum(axis=0)
    assert (worst_kappa(sums), worst_error(sums)) == (pytest.approx(4), 4)
    assert ends(scores["kappa"]) == (pytest.approx(1 - 2 * (1 - 0.05 ** (4 / 2 / 200))), 1.0)
    # of a distance of 4 at most
    assert ends(scores["mae"]) == (0.0, pytest.approx(4 * (1 - 0.05 ** (1 / 200))))


def test_a_wrong_row_of_the_rarest_class_costs_most_of_the_macro_f1():
    truth = np.repeat([0, 1], [20, 180])
    scores = ordered(truth, truth)
    cost = (1 / 40 + 1 / 360) / 2  # half the falls of the F1 of the two classes
    assert worst_macro_f1(scores["macro_f1"].statistics.sum(axis=0)) == pytest.approx(200 * cost)
    assert ends(scores["macro_f1"]) == (pytest.approx(0.05**cost), 1.0)
    assert ends(halves()["macro_f1"])[0] == pytest.approx(0.05 ** (1 / 40))


def test_each_event_that_was_seen_lowers_the_weight_of_the_worst():
    parts = np.repeat([1 / 40, 0], [3, 37])
    assert share_limits(parts, worst=1 / 40) == share_limits(parts)
    high = share_limits(parts, worst=5 / 40)[1]
    # one more event is 1 + (5 - 1) / (3 + 1) = 2 rows: Beta(number * share, rest + 1)
    share, number = 5 / 40, (5 / 40) / (7 / 40**2)
    events = number * share
    upper = betainc(events, number - events + 1, high)
    lower = betainc(3, 40 - 3 + 1, high)
    assert (upper + lower) / 2 == pytest.approx(0.975, abs=1e-6)
    assert high > share_limits(parts)[1]


def test_the_kappa_of_one_class_has_no_interval():
    truth = np.arange(40) % 2
    found = interval(ordered(truth, np.zeros(40, np.int64))["kappa"], 100, 0)
    assert (found.value, found.low, found.reason) == (0.0, None, "only one class is predicted")
    found = interval(ordered(np.zeros(40, np.int64), truth)["kappa"], 100, 0)
    assert (found.low, found.reason) == (None, "only one class occurs")
    both = ordered(np.zeros(40, np.int64), np.zeros(40, np.int64))
    assert interval(both["kappa"], 100, 0).reason == "undefined"
    assert ends(both["mae"]) == (0.0, pytest.approx(1 - 0.05 ** (1 / 40)))


def test_equal_systems_without_an_error_may_differ_in_kappa_and_distance():
    for name, width in {"kappa": 2, "mae": 1}.items():
        found = paired(halves()[name], halves()[name], 100, 0)
        assert -found.low == found.high == pytest.approx(width * (1 - 0.05 ** (1 / 40)))
        assert (found.p_better, found.p_worse) == (1.0, 1.0)


def test_seeds_without_an_error_have_the_limits_of_the_rows():
    for name in ("kappa", "mae"):
        found = interval_over_seeds([halves()[name]] * 3)
        assert (found.low, found.high) == pytest.approx(ends(halves()[name]))
