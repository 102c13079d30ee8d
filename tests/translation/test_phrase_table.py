"""Alignment, phrases and search against examples worked by hand."""

import math

import numpy as np
import pytest
from pairs import task

from seqops.core.ragged import Ragged, Split
from seqops.tasks.translation.metrics import Metrics
from seqops.tasks.translation.model.bigram_model import EDGE, BigramModel
from seqops.tasks.translation.model.phrase_based import GRID, PhraseBased
from seqops.tasks.translation.model.phrase_extraction import Cases, extract
from seqops.tasks.translation.model.phrase_table import PhraseTable, Weights
from seqops.tasks.translation.model.word_alignment import Cooccurrences, align, symmetrised

GERMAN = [["das", "Haus"], ["das", "Buch"], ["ein", "Buch"]]
ENGLISH = [["the", "house"], ["the", "book"], ["a", "book"]]
SOURCES = ["I see the house.", "I see the car.", "The red house.", "The red car.", "The car is new."]
TARGETS = ["Veo la casa.", "Veo el coche.", "La casa roja.", "El coche rojo.", "El coche es nuevo."]


def translations(iterations):
    found = Cooccurrences.of(GERMAN, ENGLISH)
    width = len(found.target_words)
    return {
        (found.source_words[cell // width], found.target_words[cell % width]): value
        for cell, value in zip(found.cells, found.probabilities(iterations), strict=True)
    }


def test_one_iteration_of_model_1_by_hand():
    # every link has the posterior 1/2: das is with the twice, and with house and book once
    assert translations(1) == pytest.approx(
        {
            ("das", "the"): 1 / 2,
            ("das", "house"): 1 / 4,
            ("das", "book"): 1 / 4,
            ("Haus", "the"): 1 / 2,
            ("Haus", "house"): 1 / 2,
            ("Buch", "the"): 1 / 4,
            ("Buch", "book"): 1 / 2,
            ("Buch", "a"): 1 / 4,
            ("ein", "a"): 1 / 2,
            ("ein", "book"): 1 / 2,
        }
    )


def test_two_iterations_of_model_1_by_hand():
    # `the` in sentence 1: das 1/2 : Haus 1/2; in sentence 2: das 1/2 : Buch 1/4, so 1/2 + 2/3 for das
    # `house`: das 1/4 : Haus 1/2, so 1/3 for das; `book` in sentence 2: das 1/4 : Buch 1/2, so 1/3
    found = translations(2)
    assert found["das", "the"] == pytest.approx((7 / 6) / (7 / 6 + 1 / 3 + 1 / 3))
    assert found["das", "house"] == found["das", "book"] == pytest.approx((1 / 3) / (11 / 6))
    assert found["Haus", "house"] == pytest.approx((2 / 3) / (2 / 3 + 1 / 2))


def test_model_1_converges_to_the_translations():
    found = translations(50)
    pairs = [("das", "the"), ("Haus", "house"), ("Buch", "book"), ("ein", "a")]
    np.testing.assert_allclose([found[pair] for pair in pairs], 1.0, atol=0.02)


def test_equal_words_align_by_their_relative_position():
    [links] = align([["a", "x", "a"]], [["b", "y", "b"]], 5, 4.0)
    assert links == {(0, 0), (1, 1), (2, 2)}


def test_links_of_both_directions_grow_by_neighbours():
    # both have (0, 0); (1, 0) is its neighbour with a new word; (2, 2) links two words without a link; the
    # words of (0, 2) have one
    assert symmetrised({(0, 0), (2, 2)}, {(0, 0), (1, 0), (0, 2)}) == {(0, 0), (1, 0), (2, 2)}


def test_phrases_are_consistent_with_the_links():
    # "the red car" -> "el coche rojo": red and car change places
    left, right, links = ["the", "red", "car"], ["el", "coche", "rojo"], {(0, 0), (1, 2), (2, 1)}
    assert set(extract(left, right, links)) == {
        (("the",), ("el",)),
        (("red",), ("rojo",)),
        (("car",), ("coche",)),
        (("red", "car"), ("coche", "rojo")),
        (("the", "red", "car"), ("el", "coche", "rojo")),
    }


def test_words_without_a_link_may_be_at_the_border_of_a_phrase():
    found = set(extract(["go"], ["¿", "ve"], {(0, 1)}))
    assert found == {(("go",), ("ve",)), (("go",), ("¿", "ve"))}


def test_the_bigram_model_is_a_distribution():
    model = BigramModel.count([["a", "b"], ["a", "c"]])
    # after a: b and c once each, with 0.25 / 2 of their own and 0.75 * 2 / 2 times the unigram
    assert model.log_probability("a", "b") == pytest.approx(math.log(0.125 + 0.75 * 2 / 11))
    for before in (EDGE, "a", "unseen"):
        every = [math.exp(model.log_probability(before, word)) for word in ("a", "b", "c", EDGE, "unseen")]
        assert sum(every) == pytest.approx(1)


def test_a_sentence_begins_with_the_case_that_the_word_has_elsewhere():
    cases = Cases(["Tom vino.", "Veo a Tom.", "¿Vino Tom?"])
    assert cases.words("Tom vino.") == ["Tom", "vino", "."]
    assert cases.words("¿Vino Tom?") == ["¿", "vino", "Tom", "?"]


def rows(sources, references):
    return Split({"source_text": Ragged.from_texts(sources), "references": Ragged.from_texts(references)})


def test_words_are_recombined_and_unknown_ones_copied():
    table = PhraseTable.learn(SOURCES, TARGETS)
    assert table.translate("I see the red car.")[0] == "Veo el coche rojo."
    assert table.translate("I see Boston.")[0].endswith("Boston.")
    assert table.translate("")[0] == ""


def test_the_score_of_a_translation_by_hand():
    # one pair, one phrase: probabilities 1 both ways; each of the 2 bigrams has 0.25 + 0.75 * (1 + 1) / 5
    table = PhraseTable.learn(["Go"], ["Ve"])
    assert table.translate("Go") == ("Ve", pytest.approx(2 * math.log(0.25 + 0.75 * 2 / 5)))


def test_the_weights_are_chosen_on_the_validation_rows():
    known = rows(["The house is new.", "I see the red car."], ["La casa es nuevo.", "Veo el coche."])
    model, metrics, meta = PhraseBased(), Metrics(task()), {}
    fitted = model.fit(metrics, {"train": rows(SOURCES, TARGETS), "validation": known}, meta)
    assert fitted.translate("I see the red house.")[0] == "Veo la casa roja."

    def score(weights):
        table = PhraseTable(fitted.options, fitted.language, weights)
        return metrics.score(model.predict(table, known, meta), known, meta)[0].point()

    assert fitted.weights == max(GRID, key=score)
    assert Weights(0.5, 1.0).summary() == "weights: language model 0.5, each word 1"


def test_a_table_of_arrays_is_the_table():
    model, table = PhraseBased(), PhraseTable.learn(SOURCES, TARGETS)
    again = model.from_arrays(model.to_arrays(table), {})
    assert again.options == table.options
    assert again.language.bigrams == table.language.bigrams
    assert again.weights == table.weights
