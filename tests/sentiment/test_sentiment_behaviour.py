"""Behavioural tests of a classifier trained on the sample (CheckList, Ribeiro et al. 2020).

Seeds 0, 1 and 2 reached 0.985 (names), 0.951 (added sentences) and 0.87 (single sentences), or more.
"""

import re

import numpy as np
import pytest
from sentiment_task import PARAMS, encode_sample

from parts import endpoint_of, metrics_of
from seqops.tasks.sentiment.data.sample import LEXICON
from seqops.training.loop import train

POSITIVE = 1
FIRST = "|".join(LEXICON["first"])
NAME = re.compile(rf"\b({FIRST}) ([A-Z][a-z]+)")
CLAUSES = ["{aspect} is WORD.", "{aspect} is not OTHER.", "I found {aspect} WORD."]
TOLERANCE = 0.1
"""How far a probability may move in the wrong direction, as in section 3 of the paper."""


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """Train as params.yaml says; return a function texts -> probability of `positive`, and the test texts."""
    data, splits, meta = encode_sample(tmp_path_factory.mktemp("raw"))
    configured = PARAMS.task("sentiment")
    network = configured.network()
    model = train(network, metrics_of(data), splits, meta, configured.fit_config).model

    def positive(texts):
        predicted = network.predict(model, endpoint_of(data).parse(texts, meta), meta)
        return np.array([row[POSITIVE] for row in predicted["probabilities"]])

    return positive, splits["test"].ragged("texts").texts()


def share(condition):
    return np.mean(condition)


def renamed(text):
    """Replace every name in a text by another one, seen in training or not."""
    firsts = LEXICON["first"]

    def other(found):
        return f"{firsts[(firsts.index(found[1]) + 7) % len(firsts)]} {found[2][::-1].capitalize()}"

    return NAME.sub(other, text)


def test_another_name_does_not_change_the_label(classifier):
    positive, texts = classifier
    named = [text for text in texts if NAME.search(text)]
    before, after = positive(named), positive([renamed(text) for text in named])
    assert len(named) > 200
    assert share((before > 0.5) == (after > 0.5)) >= 0.96


@pytest.mark.parametrize(
    "clause", ["{aspect} is {bad}.", "{aspect} is not {good}.", "I found {aspect} {bad}."]
)
def test_an_added_negative_sentence_does_not_raise_the_probability(classifier, clause):
    positive, texts = classifier
    added = [f"{text} {filled(clause, number)}" for number, text in enumerate(texts)]
    assert share(positive(added) <= positive(texts) + TOLERANCE) >= 0.92


@pytest.mark.parametrize(
    "clause", ["{aspect} is {good}.", "{aspect} is not {bad}.", "I found {aspect} {good}."]
)
def test_an_added_positive_sentence_does_not_lower_the_probability(classifier, clause):
    positive, texts = classifier
    added = [f"{text} {filled(clause, number)}" for number, text in enumerate(texts)]
    assert share(positive(added) >= positive(texts) - TOLERANCE) >= 0.92


@pytest.mark.parametrize(
    ("clause", "label"),
    [
        ("{aspect} is {good}.", True),
        ("{aspect} is not {good}.", False),
        ("{aspect} is never {bad}.", True),
        ("{aspect} may be {bad}, but {aspect2} is {good}.", True),
        ("{aspect} may be {good}, but {aspect2} is {bad}.", False),
        ("Nobody could call {aspect} {bad}.", True),
    ],
)
def test_negation_and_contrast_within_a_sentence_are_understood(classifier, clause, label):
    positive, _ = classifier
    texts = [filled(clause, number) for number in range(100)]
    assert share((positive(texts) > 0.5) == label) >= 0.8


def filled(clause, number):
    """Fill the slots of a clause with words of the lexicon, in turn."""
    slots = {
        "aspect": LEXICON["aspect"],
        "aspect2": LEXICON["aspect"][5:] + LEXICON["aspect"][:5],
        "good": LEXICON["positive"],
        "bad": LEXICON["negative"],
    }
    text = clause.format(**{slot: words[number % len(words)] for slot, words in slots.items()})
    return text[0].upper() + text[1:]
