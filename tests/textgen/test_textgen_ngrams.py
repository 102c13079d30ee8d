"""Witten-Bell interpolation, worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from texts import VERSE, task

from parts import evaluation_of, metrics_of
from seqops.core.ragged import Ragged
from seqops.tasks.textgen.evaluation import ngrams

A, B, C = 0, 1, 2


def probabilities(text, row, max_order, vocabulary=3):
    orders = ngrams.count_ngrams(np.array(text), vocabulary, max_order)
    return list(ngrams.probabilities(orders, Ragged.from_rows([row], np.int32), vocabulary, vocabulary))


def test_unigrams_are_interpolated_with_the_uniform_distribution():
    # a a b: three tokens of two kinds; c does not occur
    [one] = probabilities([A, A, B], [A, B, C], 1)
    assert one.tolist() == pytest.approx([(2 + 2 / 3) / 5, (1 + 2 / 3) / 5, (2 / 3) / 5])
    assert one.sum() == pytest.approx(1.0)


def test_bigrams_are_interpolated_with_unigrams():
    # a a b a: a is followed by a and b, once each; b is followed only by a
    text = [A, A, B, A]
    one, two = probabilities(text, [A, A, B, C, A], 2)
    low = {A: (3 + 2 / 3) / 6, B: (1 + 2 / 3) / 6, C: (2 / 3) / 6}
    assert one.tolist() == pytest.approx([low[A], low[A], low[B], low[C], low[A]])
    assert two.tolist() == pytest.approx(
        [
            low[A],  # no history
            (1 + 2 * low[A]) / 4,  # after a
            (1 + 2 * low[B]) / 4,  # after a
            (0 + 1 * low[C]) / 2,  # after b
            low[A],  # c does not occur
        ]
    )


def test_trigrams_use_two_tokens_of_history_and_back_off_to_one():
    text = [A, B, A, B, C]
    _, two, three = probabilities(text, [A, B, A], 3)
    # a b is followed by a and c, once each
    assert three[2] == pytest.approx((1 + 2 * two[2]) / 4)
    assert three[1] == two[1]
    _, two, three = probabilities(text, [C, B, A], 3)
    assert three[2] == two[2]  # c b does not occur


def test_every_order_is_a_distribution():
    text = np.random.default_rng(0).integers(0, 4, 200)
    orders = ngrams.count_ngrams(text, 4, 6)
    rows = Ragged.from_rows([[*text[:8], token] for token in range(4)], np.int32)
    for probability in ngrams.probabilities(orders, rows, 4, 4):
        assert probability.reshape(4, 9)[:, -1].sum() == pytest.approx(1.0)


def test_the_history_does_not_extend_before_the_start_of_a_row():
    orders = ngrams.count_ngrams(np.array([A, B, A, B, C]), 3, 3)
    alone = list(ngrams.probabilities(orders, Ragged.from_rows([[B, C]], np.int32), 3, 3))
    together = list(ngrams.probabilities(orders, Ragged.from_rows([[C, A], [B, C]], np.int32), 3, 3))
    for one, other in zip(alone, together, strict=True):
        assert one.tolist() == other[2:].tolist()


def test_large_vocabularies_do_not_overflow():
    text = np.tile([1_000_000 - 1, 5, 999_998], 50)
    found = probabilities(text, text[:9].tolist(), 6, vocabulary=1_000_000)
    assert all(np.all((probability > 0) & (probability <= 1)) for probability in found)
    assert found[-1][-1] > 0.9


def test_higher_orders_score_better_and_unknown_characters_are_charged():
    lines = (VERSE * 12 + "the cat sat on the mat and saw € too.\n").splitlines(keepends=True)
    table = pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines})
    dataset = task(validation=0.1, test=0.1)
    splits, meta = dataset.split_and_encode(table)
    found = {b.name: b for b in evaluation_of(dataset).baselines(splits, meta)}
    points = {
        n: metrics_of(dataset).score(b.predicted, splits["test"], meta)[0].point() for n, b in found.items()
    }
    assert [b.kind for b in found.values()] == ["trivial"] * 2 + ["classical"] * 6
    assert points["uniform"] > points["unigram"] > points["2-gram"] > points["3-gram"]
    each = np.concatenate(found["uniform"].predicted["each"].to_list())
    letters = len(meta["vocabulary"]) - 2
    assert each[0] == pytest.approx(math.log(letters + 1))
    assert each.max() == pytest.approx(math.log(letters + 1) + math.log(0x110000 - 0x800 - letters))
