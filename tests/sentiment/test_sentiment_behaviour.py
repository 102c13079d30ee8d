"""What a trained classifier must do, whatever its score (CheckList, Ribeiro et al. 2020), on the sample.

Seeds 0, 1 and 2 of the fit reached 0.985 (names), 0.951 (sentences added) and 0.87 (one sentence), or more.
"""

import re

import numpy as np
import pytest
from opinions import PARAMS, sampled

from parts import endpoint_of, metrics_of
from seqops.tasks.sentiment.data.sample import LEXICON
from seqops.training.loop import train

POSITIVE = 1
FIRST = "|".join(LEXICON["first"])
NAME = re.compile(rf"\b({FIRST}) ([A-Z][a-z]+)")
CLAUSES = ["{aspect} is WORD.", "{aspect} is not OTHER.", "I found {aspect} WORD."]
TOLERANCE = 0.1
"""What a probability may move against the direction, as in the paper's section 3."""


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """Train as params.yaml says; return texts -> probability of `positive`, and the test texts."""
    data, splits, meta = sampled(tmp_path_factory.mktemp("raw"))
    made = PARAMS.task("sentiment")
    network = made.network()
    model = train(network, metrics_of(data), splits, meta, made.fit_config).model

    def positive(texts):
        predicted = network.predict(model, endpoint_of(data).parse(texts, meta), meta)
        return np.array([row[POSITIVE] for row in predicted["probabilities"]])

    return positive, splits["test"].ragged("texts").texts()


def share(holds):
    return np.mean(holds)


def renamed(text):
    """Give every person of a text another name, known or never seen."""
    firsts = LEXICON["first"]

    def other(found):
        return f"{firsts[(firsts.index(found[1]) + 7) % len(firsts)]} {found[2][::-1].capitalize()}"

    return NAME.sub(other, text)


def test_another_name_leaves_the_label(classifier):
    positive, texts = classifier
    named = [text for text in texts if NAME.search(text)]
    before, after = positive(named), positive([renamed(text) for text in named])
    assert len(named) > 200
    assert share((before > 0.5) == (after > 0.5)) >= 0.96


@pytest.mark.parametrize(
    "clause", ["{aspect} is {bad}.", "{aspect} is not {good}.", "I found {aspect} {bad}."]
)
def test_a_negative_sentence_added_raises_no_praise(classifier, clause):
    positive, texts = classifier
    added = [f"{text} {filled(clause, place)}" for place, text in enumerate(texts)]
    assert share(positive(added) <= positive(texts) + TOLERANCE) >= 0.92


@pytest.mark.parametrize(
    "clause", ["{aspect} is {good}.", "{aspect} is not {bad}.", "I found {aspect} {good}."]
)
def test_a_positive_sentence_added_lowers_no_praise(classifier, clause):
    positive, texts = classifier
    added = [f"{text} {filled(clause, place)}" for place, text in enumerate(texts)]
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
def test_negation_and_contrast_are_read_in_one_sentence(classifier, clause, label):
    positive, _ = classifier
    texts = [filled(clause, place) for place in range(100)]
    assert share((positive(texts) > 0.5) == label) >= 0.8


def filled(clause, place):
    """Fill a clause, by turns, with every word of its slots."""
    slots = {
        "aspect": LEXICON["aspect"],
        "aspect2": LEXICON["aspect"][5:] + LEXICON["aspect"][:5],
        "good": LEXICON["positive"],
        "bad": LEXICON["negative"],
    }
    text = clause.format(**{slot: words[place % len(words)] for slot, words in slots.items()})
    return text[0].upper() + text[1:]
