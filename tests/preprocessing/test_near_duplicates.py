"""Near-duplicates equal those that a comparison of every pair finds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqops.preprocessing import near_duplicates
from seqops.preprocessing.near_duplicates import cluster_keys, counts, flags, similar_pairs
from seqops.preprocessing.row_keys import key_hashes


def jaccard(one, other):
    first, second = ({text[i : i + 3] for i in range(max(1, len(text) - 2))} for text in (one, other))
    return len(first & second) / len(first | second)


def brute_force(texts):
    return [
        [i, j]
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if texts[i] and texts[j] and jaccard(texts[i], texts[j]) >= 0.8
    ]


def sentences(count, seed):
    """Draw sentences of few words, of which every third is a copy of an earlier one with one word changed."""
    random = np.random.default_rng(seed)
    words = ["the", "red", "house", "stands", "by", "old", "river", "and", "mountains", "glow"]
    drawn = [list(random.choice(words, random.integers(1, 25))) for _ in range(count)]
    for i in range(2, count, 3):
        drawn[i] = list(drawn[random.integers(i)])
        drawn[i][random.integers(len(drawn[i]))] = random.choice(words)
    return list(dict.fromkeys(" ".join(row) for row in drawn))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_pairs_equal_those_of_a_comparison_of_every_pair(seed):
    texts = sentences(150, seed)
    expected = brute_force(texts)
    assert len(expected) > 10
    assert similar_pairs(texts).tolist() == expected


def long_texts(count, seed):
    """Draw texts of 300 letters out of 12, each with a copy in which 1 to 20 letters are others."""
    random = np.random.default_rng(seed)
    drawn = random.integers(97, 109, (count, 300))
    copies = drawn.copy()
    for row in copies:
        row[random.choice(300, random.integers(1, 21), replace=False)] = 64
    return ["".join(map(chr, row)) for row in np.concatenate([drawn, copies])]


def test_the_pairs_of_long_texts_are_found_with_hardly_a_candidate_that_is_none(monkeypatch):
    texts, similar, candidates = long_texts(60, 0), near_duplicates._similar, []

    def counted(sets, sizes, pairs):
        candidates.extend(pairs)
        return similar(sets, sizes, pairs)

    monkeypatch.setattr(near_duplicates, "_similar", counted)
    expected = brute_force(texts)
    assert similar_pairs(texts).tolist() == expected
    assert 20 < len(expected) < 60
    assert len(candidates) < 100


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab 가", max_size=12), max_size=12, unique=True))
def test_short_and_empty_texts_are_compared_too(texts):
    assert similar_pairs(texts).tolist() == brute_force(texts)


def test_the_pairs_do_not_depend_on_the_size_of_the_chunks(monkeypatch):
    texts = sentences(150, 3)
    whole = similar_pairs(texts)
    monkeypatch.setattr(near_duplicates, "WORK", 700)
    np.testing.assert_array_equal(similar_pairs(texts), whole)


def test_a_similarity_of_exactly_the_threshold_counts():
    # trigrams abc bcd cde def, and one more: 4 shared of 5
    assert jaccard("abcdef", "abcdefg") == 0.8
    assert similar_pairs(["abcdef", "abcdefg"]).tolist() == [[0, 1]]
    assert similar_pairs(["abcdef", "abcdefgh"]).tolist() == []


def test_only_held_out_rows_that_are_near_to_training_are_flagged():
    texts = ["Where is the station?", "where is  the station", "Where is the station!", "No.", "NO.", "Yes."]
    names = np.array(["train", "test", "validation", "train", "test", "test"])
    near = flags(texts, names)
    assert near.tolist() == [False, True, True, False, True, False]
    assert counts(pd.DataFrame({"split": names, "near": near})) == {
        "validation rows with a near-duplicate in training": 1,
        "test rows with a near-duplicate in training": 2,
    }


def test_rows_near_to_a_row_outside_training_are_not_flagged():
    texts = ["Where is the station?", "Where is the station!", "No."]
    assert not flags(texts, np.array(["test", "validation", "train"])).any()


def test_a_chain_of_near_duplicates_is_one_cluster():
    chain = ["abcdefghijkl", "abcdefghijklm", "abcdefghijklmno", "abcdefghijklmnopq"]
    assert jaccard(chain[0], chain[-1]) < 0.8
    keys = cluster_keys(["something else", *chain, "Something  ELSE"])
    assert set(keys[1:5]) == {min(chain, key=lambda text: key_hashes([text])[0])}
    assert keys[0] == keys[5] == "something else"
    assert cluster_keys(chain[::-1]) == keys[1:5]


def test_long_texts_are_compared_by_their_beginning():
    beginning = " ".join(map(str, range(200)))
    assert similar_pairs([beginning + " one end" * 50, beginning + " another end" * 90]).tolist() == [[0, 1]]
