"""Alignment, phrases and search against examples worked by hand."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from pairs import task

from seqops.core.ragged import Ragged, Split
from seqops.tasks.translation.metrics import Metrics
from seqops.tasks.translation.model import phrase_based, phrase_table
from seqops.tasks.translation.model.lexicon import LEAST, Lexicon
from seqops.tasks.translation.model.phrase_based import JUMPS, START, PhraseBased, climb
from seqops.tasks.translation.model.phrase_extraction import Cases, Option, extract, learn_options
from seqops.tasks.translation.model.phrase_search import best_translation
from seqops.tasks.translation.model.phrase_table import REACH, PhraseTable, Weights
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
    # auto is car twice and automobile once; wagen is car once
    left = [["auto"], ["auto"], ["auto"], ["wagen"]]
    options = learn_options(left, [["car"], ["car"], ["automobile"], ["car"]])
    two_thirds, third = math.log(2 / 3), math.log(1 / 3)
    assert options["auto",] == [
        Option(("car",), two_thirds, two_thirds, two_thirds, two_thirds),
        Option(("automobile",), third, 0.0, third, 0.0),
    ]
    assert options["wagen",] == [Option(("car",), 0.0, third, 0.0, third)]


def test_a_word_without_a_link_was_written_for_nothing_in_both_directions():
    rows = [(["a", "b"], ["x"], {(0, 0)}), (["b"], ["y"], {(0, 0)})]
    lexicon = Lexicon.count(rows)
    # b was written as y in one of two cases, and as nothing in the other
    assert lexicon.log_probability(["b"], ["y"]) == pytest.approx(math.log(1 / 2))


def test_the_weights_of_an_option_by_hand():
    option = Option(("x", "y"), 1.0, 10.0, 100.0, 1000.0)
    weights = Weights(reverse=2, lexical=3, reverse_lexical=4, language=5, word=6, phrase=7, jump=8)
    assert weights.of(option) == 1 + 2 * 10 + 3 * 100 + 4 * 1000 + 2 * 6 + 7


def by_brute_force(length, options, fluency, jump, reach):
    """Return the best score of all sequences of phrases."""

    def rest(covered, end, words):
        free = [i for i in range(length) if i not in covered]
        if not free:
            return fluency(tuple(words[-2:]), (EDGE,))
        scores = []
        for (start, stop), found in options.items():
            if covered & set(range(start, stop)) or start > free[0] + reach:
                continue
            for chance, phrase in found:
                score = chance + fluency(tuple(words[-2:]), phrase) - jump * abs(start - end)
                scores.append(score + rest(covered | set(range(start, stop)), stop, [*words, *phrase]))
        return max(scores)

    return rest(frozenset(), 0, [EDGE, EDGE])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("reach", [0, 2])
def test_the_search_finds_what_brute_force_finds(seed, reach):
    rng, length = np.random.default_rng(seed), 4
    spans = [
        (i, j) for i in range(length) for j in range(i + 1, length + 1) if j == i + 1 or rng.random() < 0.3
    ]
    options = {
        span: [(float(rng.normal()), tuple(rng.choice(list("abc"), rng.integers(1, 3)))) for _ in range(2)]
        for span in spans
    }
    model = TrigramModel.count([list(rng.choice(list("abc"), 4)) for _ in range(12)])

    def fluency(before, words):
        total, last = 0.0, before
        for word in words:
            total += model.log_probability(last, word)
            last = (*last, word)[-2:]
        return total

    words, score = best_translation(length, options, fluency, 0.3, reach)
    assert score == pytest.approx(by_brute_force(length, options, fluency, 0.3, reach))
    assert words


def test_phrases_change_places_where_the_language_model_gains_more_than_the_jumps_cost(monkeypatch):
    words = {("the",): "el", ("red",): "rojo", ("car",): "coche"}
    options = {source: [Option((target,), 0.0, 0.0, 0.0, 0.0)] for source, target in words.items()}
    language = TrigramModel.count([["el", "coche", "rojo"]] * 5 + [["rojo"], ["coche"]])

    def translated(jump, reach):
        table = PhraseTable(options, language, Weights(language=1.0, jump=jump), reach)
        return table.translate("the red car")[0]

    assert translated(0.1, 6) == "El coche rojo"
    assert translated(9.0, 6) == translated(0.1, 0) == "El rojo coche"
    monkeypatch.setattr(phrase_table, "REORDERED", 2)
    assert translated(0.1, 6) == "El rojo coche"


def test_a_long_sentence_takes_time_in_proportion():
    table = PhraseTable.learn(SOURCES, TARGETS)

    def seconds(repeats):
        started = time.process_time()
        table.translate("I see the red car . " * repeats)
        return time.process_time() - started

    # both are too long for phrases to change places
    seconds(11)
    assert seconds(66) < 20 * seconds(11)


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


def test_the_weights_are_chosen_on_the_validation_rows(monkeypatch):
    known = rows(["The house is new.", "I see the red car."], ["La casa es nuevo.", "Veo el coche."])
    model, metrics, meta = PhraseBased(), Metrics(task()), {}
    splits = {"train": rows(SOURCES, TARGETS), "validation": known}
    usual = model.fit(metrics, splits, meta)
    assert usual.translate("I see the red house.")[0] == "Veo la casa roja."
    monkeypatch.setattr(phrase_based, "START", Weights(language=-2.0))
    fitted = model.fit(metrics, splits, meta)

    def score(weights, reach=REACH):
        table = PhraseTable(fitted.options, fitted.language, weights, reach)
        return metrics.score(model.predict(table, known, meta), known, meta)[0].point()

    assert score(fitted.weights) > score(Weights(language=-2.0))
    climbed = climb(Weights(language=-2.0), lambda weights: score(weights, 0))
    assert climbed != Weights(language=-2.0)
    assert replace(fitted.weights, jump=climbed.jump) == climbed
    assert score(fitted.weights) == max(score(replace(climbed, jump=jump)) for jump in JUMPS)
    assert Weights(1.0, 0.5, 0.25, 1.25, 1.5, 0.0).summary() == (
        "weights: reverse probability 1, word by word 0.5 and reverse 0.25, language model 1.25,"
        " each word 1.5, each phrase 0, each source word skipped -0.5"
    )


def test_a_table_of_arrays_is_the_table():
    model, weights = PhraseBased(), Weights(1.0, 0.5, 0.25, 1.25, -1.5, 2.0, 3.0)
    table = replace(PhraseTable.learn(SOURCES, TARGETS), weights=weights)
    again = model.from_arrays(model.to_arrays(table), {})
    assert again.options == table.options
    assert again.language.trigrams == table.language.trigrams
    assert again.weights == table.weights
