"""Skip-gram: the pairs, one step by hand, words that occur together, and repeatability."""

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.word_vectors.pairs import WINDOW, keep_chances, pairs
from seqops.word_vectors.shown_words import chosen_words
from seqops.word_vectors.skip_gram import WordVectors, learn
from seqops.word_vectors.tables import RATE, PairTables, VectorTable

ANIMALS, TOOLS = ["cat", "dog", "cow"], ["saw", "axe", "nail"]
TEXTS = [np.random.default_rng(i).permutation(ANIMALS if i % 2 else TOOLS).tolist() for i in range(200)]


def test_frequent_words_are_kept_with_the_root_of_a_thousandth_over_their_share():
    np.testing.assert_allclose(keep_chances(np.array([4000, 996, 4])), [0.0353553, 0.0708525, 1], rtol=1e-5)


def test_pairs_stay_within_a_row_and_have_both_directions():
    words, near = pairs([np.array([0, 1]), np.array([2])], np.ones(3), np.random.default_rng(0))
    assert sorted(zip(words.tolist(), near.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_no_pair_is_farther_apart_than_the_window():
    words, near = pairs([np.arange(40)], np.ones(40), np.random.default_rng(0))
    distances = np.abs(words - near)
    assert (distances.min(), distances.max()) == (1, WINDOW)
    assert np.bincount(distances)[1] == 2 * 39  # neighbours are always near


def test_no_text_gives_no_pair():
    words, near = pairs([np.zeros(0, np.int64)], np.ones(1), np.random.default_rng(0))
    assert len(words) == len(near) == 0


def test_changes_of_one_row_are_added_before_the_step():
    table = VectorTable(np.zeros((3, 2), np.float32))
    table.add(np.array([2, 0, 2]), np.array([[1, 1], [2, -2], [3, -5]], np.float32))
    np.testing.assert_allclose(table.values, [[RATE, -RATE], [0, 0], [RATE, -RATE]], rtol=1e-5)
    np.testing.assert_array_equal(table.squares, [[4, 4], [0, 0], [16, 16]])


def test_a_step_follows_the_gradient_of_the_log_likelihood():
    random = np.random.default_rng(1)
    tables = PairTables(5, 3, random)
    tables.near.values[:] = random.normal(size=(5, 3))
    tables.words.values[:] = random.normal(size=(5, 3))
    words, near = (t.values.astype(np.float64) for t in (tables.words, tables.near))
    centres, others = np.array([0, 1]), np.array([[1, 2, 4], [3, 3, 0]])  # the drawn 3 is the near word

    def likelihood(words, near):
        def log_sigmoid(x):
            return -np.log1p(np.exp(-x))

        total = log_sigmoid(words[0] @ near[1]) + log_sigmoid(words[1] @ near[3])
        return total + sum(log_sigmoid(-(words[a] @ near[b])) for a, b in [(0, 2), (0, 4), (1, 0)])

    tables.update(centres, others)
    for table, before in ((tables.words, words), (tables.near, near)):
        numeric = np.zeros((5, 3))
        for place in np.ndindex(5, 3):
            moved = before.copy()
            moved[place] += 1e-5
            pair = (moved, near) if before is words else (words, moved)
            numeric[place] = (likelihood(*pair) - likelihood(words, near)) / 1e-5
        np.testing.assert_allclose(table.squares, numeric**2, rtol=1e-3, atol=1e-5)
        np.testing.assert_array_equal(
            np.sign(np.round(table.values - before, 4)), np.sign(np.round(numeric, 4))
        )


def test_words_that_occur_together_are_neighbours():
    found = learn(TEXTS, 8, 10, 0)
    assert {word for word, _ in found.neighbours("cat", 2)} == {"dog", "cow"}
    assert {word for word, _ in found.neighbours("axe", 2)} == {"saw", "nail"}
    assert "cat" not in [word for word, _ in found.neighbours("cat", 9)]


def test_a_seed_gives_the_same_vectors_and_another_seed_others():
    np.testing.assert_array_equal(learn(TEXTS, 4, 1, 0).vectors, learn(TEXTS, 4, 1, 0).vectors)
    assert (learn(TEXTS, 4, 1, 0).vectors != learn(TEXTS, 4, 1, 1).vectors).any()


def test_words_need_five_occurrences():
    found = learn([["a", "b"]] * 5 + [["a", "c"]] * 4, 4, 1, 0)
    assert (found.words, found.counts.tolist(), found.vectors.shape) == (["a", "b"], [9, 5], (2, 4))
    with pytest.raises(DataError, match="fewer than two words occur 5 times"):
        learn([["a", "b"]] * 4, 4, 1, 0)


def test_shown_are_the_wanted_words_or_frequent_ones_that_mean_something():
    words = [".", "the", "film", "good"]
    found = WordVectors(words, np.arange(4, 0, -1), np.eye(4, dtype=np.float32))
    assert chosen_words(found, []) == ["film", "good"]
    assert chosen_words(found, ["good", ".", "good"]) == ["good", "."]
    with pytest.raises(DataError, match=r"'flim' does not occur 5 times .* did you mean 'film'\?"):
        chosen_words(found, ["flim"])
