"""Alignment, phrases and search against examples worked by hand."""

import math

import numpy as np
import pytest
from pairs import task

from seqops.core.ragged import Ragged, Split
from seqops.tasks.translation.metrics import Metrics
from seqops.tasks.translation.model.lexicon import LEAST, Lexicon
from seqops.tasks.translation.model.phrase_based import START, PhraseBased, climb
from seqops.tasks.translation.model.phrase_extraction import Cases, Option, extract, learn_options
from seqops.tasks.translation.model.phrase_table import PhraseTable, Weights
from seqops.tasks.translation.model.trigram_model import EDGE, TrigramModel
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


def test_a_trigram_by_hand():
    model = TrigramModel.count([["a", "b"], ["a", "c"]])
    # a, b, c and the edge have 1, 1, 1 and 2 distinct words before them, and all discounts are the fallback:
    # 4 of the 5 are left by counts of 1 and 2, 0.5 + 0.5 + 0.5 + 1 of them go to five words alike
    b = (1 - 0.5 + 2.5 / 5) / 5
    # after a: b and c once each; after the edge and a as well
    after_a = (1 - 0.5 + 2 * 0.5 * b) / 2
    assert model.log_probability((EDGE, "a"), "b") == pytest.approx(
        math.log((1 - 0.5 + 2 * 0.5 * after_a) / 2)
    )
    # a pair never seen leaves the bigram's, a word never seen the unigram's
    assert model.log_probability(("b", "a"), "b") == pytest.approx(math.log(after_a))
    assert model.log_probability(("a", "z"), "b") == pytest.approx(math.log(b))


@pytest.mark.parametrize("history", [(EDGE, EDGE), (EDGE, "a"), ("a", "b"), ("b", "a"), ("z", "z")])
def test_the_trigram_model_is_a_distribution(history):
    words = ["a", "b", "a", "c", "a", "d", "d", "b", "a", "b", "c"]
    model = TrigramModel.count([words[i : i + 3] for i in range(9)])
    every = [math.exp(model.log_probability(history, word)) for word in ("a", "b", "c", "d", EDGE, "unseen")]
    assert sum(every) == pytest.approx(1)


def test_a_shorter_history_leaves_the_lower_order():
    model = TrigramModel.count([["a", "b"], ["a", "c"]])
    assert model.log_probability((), "b") == pytest.approx(math.log(0.2))
    assert model.log_probability(("a",), "b") == pytest.approx(math.log((1 - 0.5 + 2 * 0.5 * 0.2) / 2))


def test_a_lexicon_gives_each_word_to_the_word_that_makes_it_most_probable():
    links = [(["red", "car"], ["el", "coche", "rojo"], {(0, 2), (1, 1)}), (["red"], ["roja"], {(0, 0)})]
    lexicon = Lexicon.count(links)
    assert lexicon.log_probability(["red"], ["rojo"]) == pytest.approx(math.log(1 / 2))
    # `el` has no link: it is all that was written for nothing
    assert lexicon.log_probability(["red", "car"], ["el", "coche", "roja"]) == pytest.approx(math.log(1 / 2))
    assert lexicon.log_probability(["car"], ["roja"]) == pytest.approx(math.log(LEAST))


def test_the_scores_of_an_option_by_hand():
    # both words are linked to each other: das is twice the, Haus house and Buch book
    options = learn_options([["das", "Haus"], ["das", "Buch"]], [["the", "house"], ["the", "book"]])
    assert options["das",] == [Option(("the",), 0.0, 0.0, 0.0, 0.0)]
    assert options["das", "Buch"] == [Option(("the", "book"), 0.0, 0.0, 0.0, 0.0)]


def test_weights_climb_while_the_score_rises():
    def score(weights):
        return -abs(weights.reverse - 1.25) - abs(weights.phrase + 0.5) - abs(weights.word - 3)

    best = Weights(reverse=1.25, word=3, phrase=-0.5)
    assert climb(Weights(reverse=0.5, word=1.5, phrase=0.0), score) == best
    assert climb(START, lambda _: 0.0) == START


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
    # one pair, one phrase: probabilities 1 both ways; the word and the edge have 1 distinct word before them,
    # and so half of the bigram's and half of the trigram's probability of their own
    table = PhraseTable.learn(["Go"], ["Ve"])
    unigram = (1 - 0.5 + 2 * 0.5 / 3) / 2
    bigram = 0.5 + 0.5 * unigram
    assert table.translate("Go") == ("Ve", pytest.approx(2 * math.log(0.5 + 0.5 * bigram)))
    weighted = PhraseTable(table.options, table.language, Weights(language=2.0, word=3.0, phrase=0.5))
    assert weighted.translate("Go")[1] == pytest.approx(4 * math.log(0.5 + 0.5 * bigram) + 3.5)


def test_the_weights_are_chosen_on_the_validation_rows():
    known = rows(["The house is new.", "I see the red car."], ["La casa es nuevo.", "Veo el coche."])
    model, metrics, meta = PhraseBased(), Metrics(task()), {}
    fitted = model.fit(metrics, {"train": rows(SOURCES, TARGETS), "validation": known}, meta)
    assert fitted.translate("I see the red house.")[0] == "Veo la casa roja."

    def score(weights):
        table = PhraseTable(fitted.options, fitted.language, weights)
        return metrics.score(model.predict(table, known, meta), known, meta)[0].point()

    assert fitted.weights == climb(START, score)
    assert Weights(1.0, 0.5, 0.25, 1.25, 1.5, 0.0).summary() == (
        "weights: reverse probability 1, word by word 0.5 and reverse 0.25, language model 1.25,"
        " each word 1.5, each phrase 0, each word jumped over -0.5"
    )


def test_a_table_of_arrays_is_the_table():
    model, table = PhraseBased(), PhraseTable.learn(SOURCES, TARGETS)
    again = model.from_arrays(model.to_arrays(table), {})
    assert again.options == table.options
    assert again.language.trigrams == table.language.trigrams
    assert again.weights == table.weights
