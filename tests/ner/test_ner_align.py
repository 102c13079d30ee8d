"""Character spans from the annotation, and conversion between token and character spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seqops.tasks.ner.data.alignment import (
    character_spans,
    found_spans,
    gold_spans,
    marked_spans,
    token_spans,
)
from seqops.tasks.ner.data.sentence import Sentence

TAGGED = ["B-OG", "I-OG", "O", "B-TI"]


def sentence(annotated: str = "") -> Sentence:
    return Sentence(
        1, "국회 앞에서 3:30", annotated, ["국회", "앞", "에서", "3:30"], [""] * 4, [1, 2, 2, 3], TAGGED
    )


def test_marks_may_contain_colons_and_be_surrounded_by_angle_brackets() -> None:
    spans = marked_spans("<<국회:OG> 앞>에서 <3:30:TI>", "<국회 앞>에서 3:30")
    assert spans == [(1, 3, "OG"), (9, 13, "TI")]


def test_marks_that_do_not_match_the_text_are_ignored() -> None:
    assert marked_spans("<국회:OG> 뒤에서", "국회 앞에서") is None


def test_the_annotated_line_takes_precedence_and_the_tags_are_used_without_one() -> None:
    whole = [(0, 4, "OG"), (7, 11, "TI")]
    assert gold_spans(sentence("<국회 앞:OG>에서 <3:30:TI>")) == whole
    assert gold_spans(sentence()) == whole
    assert gold_spans(sentence("<국회 앞에서 3:30:OG>")) == whole  # disagrees with the tags


def test_tokens_that_are_not_in_the_text_give_no_spans() -> None:
    broken = Sentence(1, "국회 뒤에서", "", ["국회", "앞", "에서", "3:30"], [""] * 4, [1, 2, 2, 3], TAGGED)
    assert found_spans(broken) is None
    assert gold_spans(broken) is None


def test_repeated_tokens_are_found_one_after_another() -> None:
    twice = Sentence(1, "서울 서울", "", ["서울", "서울"], ["", ""], [1, 2], ["B-LC", "B-LC"])
    assert found_spans(twice) == [(0, 2, "LC"), (3, 5, "LC")]


def test_a_token_that_overlaps_a_span_is_included_and_at_most_once() -> None:
    offsets = [(0, 2), (1, 2), (2, 4), (5, 6)]
    assert token_spans([(1, 2, "PS"), (2, 4, "LC"), (4, 5, "DT")], offsets) == [(0, 2, "PS"), (2, 3, "LC")]
    assert token_spans([(0, 3, "PS"), (3, 4, "LC")], offsets) == [(0, 3, "PS")]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.data())
def test_spans_on_token_boundaries_are_preserved(sizes: list[int], data: st.DataObject) -> None:
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    offsets = list(zip([0, *ends[:-1]], ends, strict=True))
    start = data.draw(st.integers(0, len(sizes) - 1))
    end = data.draw(st.integers(start + 1, len(sizes)))
    spans = [(start, end, "OG")]
    assert token_spans(character_spans(spans, offsets), offsets) == spans
