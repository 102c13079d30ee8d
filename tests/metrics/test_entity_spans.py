"""Strict entity spans, by hand and against seqeval."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from seqops.metrics.entity_spans import span_scores
from seqops.preprocessing.iob2 import iob2_to_spans, is_valid_transition, spans_to_iob2

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
LIBRARY = {"f1": f1_score, "precision": precision_score, "recall": recall_score}


def values(predicted, true):
    scores = span_scores([iob2_to_spans(p) for p in predicted], [iob2_to_spans(t) for t in true], ["A", "B"])
    return {score.name: score for score in scores}


def test_entities_begin_with_b_and_an_orphan_i_is_not_one():
    tags = ["I-A", "B-A", "I-A", "I-B", "B-B", "B-B", "O", "I-B"]
    assert iob2_to_spans(tags) == [(1, 3, "A"), (4, 5, "B"), (5, 6, "B")]


@pytest.mark.parametrize(
    ("tag", "previous", "valid"),
    [
        ("O", "B-A", True),
        ("B-B", "I-A", True),
        ("I-A", "B-A", True),
        ("I-A", "I-A", True),
        ("I-A", "B-B", False),
        ("I-A", "O", False),
    ],
)
def test_valid_transitions_of_strict_iob2(tag, previous, valid):
    assert is_valid_transition(tag, previous) is valid


def test_scores_by_hand():
    true = [["B-A", "I-A", "O", "B-B"], ["B-B", "O"]]
    predicted = [["B-A", "O", "O", "B-B"], ["B-B", "B-A"]]
    found = values(predicted, true)
    assert found["f1"].statistics.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert found["precision"].point() == pytest.approx(2 / 4)
    assert found["recall"].point() == pytest.approx(2 / 3)
    assert found["f1"].point() == pytest.approx(4 / 7)
    assert found["f1_A"].point() == 0.0
    assert found["f1_B"].point() == 1.0


def test_without_entities_the_scores_are_zero():
    found = values([["O"]], [["O"]])
    assert [found[name].point() for name in LIBRARY] == [0.0, 0.0, 0.0]


def sequences(tags):
    return st.lists(st.sampled_from(tags), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.integers(1, 8).flatmap(
            lambda n: st.tuples(*[st.lists(st.sampled_from(TAGS), min_size=n, max_size=n)] * 2)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_scores_equal_those_of_seqeval_strict(pairs):
    true = [spans_to_iob2(iob2_to_spans(t), len(t)) for t, _ in pairs]
    predicted = [p for _, p in pairs]
    found = values(predicted, true)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, library in LIBRARY.items():
            reference = library(true, predicted, mode="strict", scheme=IOB2, zero_division=0)
            assert found[name].point() == pytest.approx(reference)


@given(sequences(TAGS))
def test_tags_written_from_entities_have_the_same_entities(tags):
    spans = iob2_to_spans(tags)
    assert iob2_to_spans(spans_to_iob2(spans, len(tags))) == spans


def test_the_bootstrap_can_sum_any_weights_of_rows():
    true, predicted = [["B-A"], ["B-B"], ["O"]], [["B-A"], ["O"], ["B-A"]]
    score = values(predicted, true)["f1"]
    weights = np.array([[1, 1, 1], [3, 0, 0], [0, 2, 1]])
    assert score.value(weights @ score.statistics) == pytest.approx([0.5, 1.0, 0.0])
