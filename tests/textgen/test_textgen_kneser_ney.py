"""Modified Kneser-Ney: worked by hand, against a dictionary implementation, and on published texts."""

import math
import os
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from texts import VERSE, task

from parts import evaluation_of, metrics_of
from seqops.preprocessing.discounts import closed_form
from seqops.tasks.textgen.model import held_out_discounts
from seqops.tasks.textgen.model.character_model import CharacterModel
from seqops.tasks.textgen.model.held_out_discounts import LEAST, HeldOut
from seqops.tasks.textgen.model.kneser_ney import KneserNeyTables, Order

A, B, C = 0, 1, 2
MIRROR = os.environ.get("SEQOPS_MIRROR", "")


def chances(text, queries, known, highest):
    """Return the probabilities of the orders 1, 2, ..., with the discounts of the counts of counts."""
    orders = range(1, highest + 1)
    tables = [KneserNeyTables.count(np.array(text), order, known) for order in orders]
    return [each.probabilities(np.array(queries)) for each in tables]


def test_counts_too_few_for_discounts_take_the_fallback():
    # a a b a: a is counted 3 times and b once. Of these 1.5 and 0.5 go to a, b and the unknown in equal parts
    unknown = 2
    one, two = chances([A, A, B, A], [A, A, B, A, unknown], 2, 2)
    a, b, other = (1.5 + 2 / 3) / 4, (0.5 + 2 / 3) / 4, (2 / 3) / 4
    assert one.tolist() == pytest.approx([a, a, b, a, other])
    # a follows the start, a and b, and b follows a: again 3 and 1. After a came a and b once each
    assert two.tolist() == pytest.approx([a, (0.5 + a) / 2, (0.5 + b) / 2, 0.5 + 0.5 * a, other / 2])


def test_lower_orders_count_the_symbols_before_a_symbol_not_its_occurrences():
    # c follows only b, but three times; a follows the start and c, and b follows a and b
    text = [A, B, C, A, B, C, A, B, B, C]
    unknown = 3
    one, two = chances(text, [unknown, A, unknown, C], 3, 2)
    assert one[3] == pytest.approx((3 - 1.5 + (1.5 + 1.5 + 1.5) / 4) / 10)
    # an unseen history leaves the lower order: c has 1 distinct symbol before it, a and b have 2
    assert two[3] == pytest.approx((1 - 0.5 + (0.5 + 1 + 1) / 4) / 5)
    assert two[1] == pytest.approx((2 - 1 + (0.5 + 1 + 1) / 4) / 5)


def test_discounts_come_from_the_counts_of_counts():
    counts = np.array([1] * 4 + [2] * 2 + [3, 4, 9])
    # n1, n2, n3, n4 = 4, 2, 1, 1: y = 4 / 8
    assert closed_form(counts).tolist() == pytest.approx([0, 0.5, 2 - 1.5 / 2, 3 - 2])
    assert closed_form(np.array([1, 1, 2, 5])).tolist() == [0, 0.5, 1.0, 1.5]
    # d2 = 2 - 3 * (1 / 3) * 9 / 1 would be negative
    assert closed_form(np.array([1, 2] + [3] * 9 + [4])).tolist() == [0, 0.5, 1.0, 1.5]


def markov(length: int, symbols: int, seed: int = 0) -> np.ndarray:
    table = np.random.default_rng(3).dirichlet(np.full(symbols, 0.4), (symbols, symbols))
    rng = np.random.default_rng(seed)
    text = [0, 1]
    for _ in range(length):
        text.append(int(rng.choice(symbols, p=table[text[-2], text[-1]])))
    return np.array(text)


def by_dictionary(text: tuple[int, ...], history: tuple[int, ...], symbol: int, known: int) -> float:
    """Follow equations 20 to 26 of Chen and Goodman with dictionaries, for one symbol."""
    lower = 1.0 / (known + 1)
    for n in range(1, len(history) + 2):
        grams = [text[i : i + n] for i in range(len(text) - n + 1)]
        if n == len(history) + 1:
            counts = Counter(grams)
        else:
            before = defaultdict(set)
            for i, gram in enumerate(grams):
                before[gram].add(text[i - 1] if i else "start")
            counts = Counter({gram: len(symbols) for gram, symbols in before.items()})
        n1, n2, n3, n4 = (sum(c == k for c in counts.values()) for k in range(1, 5))
        d = [0, 0.5, 1, 1.5]
        if n1 and n2 and n3:
            y = n1 / (n1 + 2 * n2)
            tried = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
            d = [0, *tried] if min(tried) > 0 and tried[2] <= 3 else d
        after = {g: c for g, c in counts.items() if g[:-1] == history[len(history) - n + 1 :]}
        if after:
            freed = sum(d[min(c, 3)] for c in after.values())
            count = after.get((*history[len(history) - n + 1 :], symbol), 0)
            lower = (count - d[min(count, 3)] + freed * lower) / sum(after.values())
    return lower


def test_every_order_equals_a_dictionary_implementation():
    text, rows = markov(1500, 6), markov(60, 6)[20:60]
    rows[7] = 6  # unknown
    for order, found in enumerate(chances(text, rows, 6, 5), 1):
        for i in range(order - 1, len(rows)):
            history = tuple(rows[i - order + 1 : i].tolist())
            expected = by_dictionary(tuple(text.tolist()), history, int(rows[i]), 6)
            assert found[i] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("history", [[0, 1, 2, 3, 4, 5], [5, 5, 5, 5, 5, 5], [6, 0, 6, 1, 2, 3]])
def test_the_probabilities_of_all_symbols_and_the_unknown_add_up_to_one(history):
    text = markov(5000, 6)
    found = [chances(text, [*history, symbol], 6, 6) for symbol in range(7)]
    for order in range(6):
        assert sum(row[order][-1] for row in found) == pytest.approx(1.0, abs=1e-12)
        assert all(row[order][-1] > 0 for row in found)


def test_all_of_unicode_adds_up_to_one():
    """An unknown character costs the unknown symbol and the choice among all that training text lacks."""
    fitted = CharacterModel.fit(VERSE, VERSE[:20])
    model = [fitted.nats(f"the {c}")[-1] for c in [*sorted(set(VERSE)), "€"]]
    others = 0x110000 - 0x800 - len(set(VERSE))
    assert np.exp(-np.array(model[:-1])).sum() + others * math.exp(-model[-1]) == pytest.approx(1.0)


def cost_of(tables: KneserNeyTables, history: np.ndarray, text: np.ndarray) -> float:
    chance = tables.probabilities(np.concatenate([history, text]))[len(history) :]
    return -float(np.log(chance).mean())


def test_order_and_discounts_are_chosen_on_validation_text():
    text, unseen, test = (markov(n, 6, start) for n, start in ((2000, 1), (900, 2), (900, 3)))
    found = held_out_discounts.fit(text, text[-20:], unseen, 6)
    assert len(found.keys) == 3  # the text has a memory of two symbols
    for order in (1, 2, 4, 5):
        other = KneserNeyTables.count(text, order, 6)
        assert cost_of(found, text[-20:], unseen) < cost_of(other, text[-20:], unseen)
    usual = KneserNeyTables.count(text, 3, 6)
    assert cost_of(found, text[-20:], unseen) < cost_of(usual, text[-20:], unseen)
    assert cost_of(found, unseen[-20:], test) < cost_of(usual, unseen[-20:], test) + 0.002
    period = "abcaabdb" * 200
    assert CharacterModel.fit(period, period[:400]).order >= 4


def held_out_orders(text, queries, known, highest):
    """Look up the queries in the n-grams of every order."""
    tables = KneserNeyTables.count(text, highest, known)
    histories, found = np.zeros(len(queries), np.int64), []
    for row in zip(tables.keys, tables.counts, tables.discounts, strict=True):
        order = Order(*row, known + 1)
        ranks = order.find(histories, queries)
        found.append(HeldOut.of(order, ranks, histories, 0))
        histories = np.concatenate([[-1], ranks[:-1]])
    return tables, found


def test_the_slopes_are_those_of_the_cost():
    text, queries = markov(400, 6, 1), markov(80, 6, 2)
    queries[[5, 6, 30]] = 6  # unknown
    tables, orders = held_out_orders(text, queries, 6, 4)
    discounts = np.random.default_rng(0).uniform(0.1, 0.9, (4, 4)) * [0, 1, 2, 3]
    cost, slopes = held_out_discounts.cost_and_slopes(orders, discounts, 6)
    chance = replace(tables, discounts=discounts).probabilities(queries)
    assert cost == pytest.approx(-np.log(chance).mean())
    for order in range(4):
        for k in (1, 2, 3):
            step = np.zeros((4, 4))
            step[order, k] = 1e-5
            high, low = (
                held_out_discounts.cost_and_slopes(orders, discounts + sign * step, 6)[0] for sign in (1, -1)
            )
            assert slopes[order, k - 1] == pytest.approx((high - low) / 2e-5, abs=1e-7)


def test_a_short_validation_text_leaves_the_discounts_near_the_closed_form():
    text, test = markov(4000, 6, 1), markov(4000, 6, 3)
    usual = KneserNeyTables.count(text, 3, 6)
    costs = []
    for length in (5, 20, 100, 1000):
        found = held_out_discounts.fit(text, text[-20:], markov(length, 6, 2)[:length], 6)
        costs.append(cost_of(found, test[:20], test[20:]))
    assert costs[-1] < cost_of(usual, test[:20], test[20:]) + 0.002
    near = held_out_discounts.optimised(
        held_out_orders(text, markov(20, 6, 2), 6, 3)[1], usual.discounts, usual.discounts, 6
    )
    assert np.abs(near[0] - usual.discounts).max() < 0.5


def test_discounts_have_three_decimals_and_only_the_first_characters_choose_them(monkeypatch):
    text, unseen = markov(2000, 6, 1), markov(300, 6, 2)
    found = held_out_discounts.fit(text, text[-20:], unseen, 6).discounts
    assert np.array_equal(found.round(3), found)
    monkeypatch.setattr(held_out_discounts, "CHOSEN_ON", 300)
    longer = held_out_discounts.fit(text, text[-20:], np.concatenate([unseen[:300], markov(50, 6, 4)]), 6)
    assert np.array_equal(
        held_out_discounts.fit(text, text[-20:], unseen[:300], 6).discounts, longer.discounts
    )


def test_no_other_discount_is_better_on_the_validation_text(monkeypatch):
    monkeypatch.setattr(held_out_discounts, "CAUTION", 0.0)
    text, unseen = markov(2000, 6, 1), markov(300, 6, 2)
    found = held_out_discounts.fit(text, text[-20:], unseen, 6)
    least = cost_of(found, text[-20:], unseen)
    for order in range(len(found.keys)):
        for k in (1, 2, 3):
            for step in (-0.05, 0.05):
                moved = found.discounts.copy()
                moved[order, k] = np.clip(moved[order, k] + step, LEAST, k)
                assert cost_of(replace(found, discounts=moved), text[-20:], unseen) > least - 1e-5


def test_the_discount_of_frequent_symbols_by_hand(monkeypatch):
    # three symbols were seen 100 times each: the unknown one has the probability 3 d / 300 / 4 = d / 400
    held_out = 1000
    count = np.where(np.arange(held_out) < 6, 0, 100)
    followers = np.repeat([[0.0], [0.0], [3.0]], held_out, axis=1)
    every = HeldOut(np.full(held_out, True), count, np.full(held_out, 300.0), followers)
    monkeypatch.setattr(held_out_discounts, "CAUTION", 0.0)
    usual = np.array([[0.0, 0.5, 1.0, 1.5]])
    found, cost = held_out_discounts.optimised([every], usual, usual, 3)
    assert found[0, 3] == pytest.approx(400 * 6 / 1000, abs=0.01)
    others = math.log((100 - found[0, 3] + found[0, 3] * 3 / 4) / 300)
    assert cost == pytest.approx(-(6 * math.log(0.006) + 994 * others) / 1000, abs=1e-5)


def test_orders_are_tried_until_two_in_a_row_are_no_better(monkeypatch):
    costs, tried = [0.9, 0.2, 0.4, 0.3, 0.1], []

    def optimised(orders, start, usual, known):
        tried.append(len(orders))
        return start + len(orders), costs[len(orders) - 1]

    monkeypatch.setattr(held_out_discounts, "optimised", optimised)
    text = np.array([0, 1, 2, 0, 1, 2])
    found = held_out_discounts.fit(text, text, text, 3)
    assert tried == [1, 2, 3, 4]
    assert len(found.keys) == 2


def table_of(text: str) -> pd.DataFrame:
    lines = text.splitlines(keepends=True)
    return pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines})


def baseline_of(text: str, **changed: object):
    made = task(**changed)
    splits, meta = made.split_and_encode(table_of(text))
    *_, found = evaluation_of(made).baselines(splits, meta)
    return found, metrics_of(made).score(found.predicted, splits["test"], meta)[0].point()


def test_settings_of_the_network_do_not_affect_the_baseline():
    text = VERSE * 12 + "the cat saw € and the € sat.\n" * 2 + VERSE * 6
    found, nats = baseline_of(text)
    assert found.name.startswith("Kneser-Ney ")
    assert found.kind == "classical"
    settings = [{"tokens": "bpe"}, {"context": 0}, {"window": 3}, {"min_count": 40}, {"passage": 7}]
    for changed in settings:
        assert baseline_of(text, **changed)[1] == pytest.approx(nats, rel=1e-12), changed


def test_each_passage_has_the_nats_of_its_characters():
    made = task()
    splits, meta = made.split_and_encode(table_of(VERSE * 12))
    *_, found = evaluation_of(made).baselines(splits, meta)
    each = found.predicted["each"]
    assert [len(row) for row in each] == splits["test"].plain("characters").tolist()
    assert [sum(row) for row in each] == pytest.approx(found.predicted["nats"].tolist())


def published(name: str, **changed: object) -> tuple[str, float]:
    made = task(**{"min_count": 2, "window": 64, "passage": 200, "context": 200, "test": 0.1, **changed})
    splits, meta = made.split_and_encode(made.read([Path(MIRROR) / "textgen" / name]))
    *_, found = evaluation_of(made).baselines(splits, meta)
    return found.name, metrics_of(made).score(found.predicted, splits["test"], meta)[0].point()


def test_the_sample_has_the_score_of_an_independent_run():
    made = task(validation=0.08, test=0.1, passage=200, context=200, window=64, sample_chars=150_000)
    _, nats = baseline_of(
        made.sample()["sample.txt"].decode(), validation=0.08, test=0.1, passage=200, context=200, window=64
    )
    assert nats == pytest.approx(1.391, abs=0.005)


@pytest.mark.skipif(not MIRROR, reason="needs SEQOPS_MIRROR, a folder with the published datasets")
@pytest.mark.parametrize(
    ("name", "encoding", "order", "nats"),
    [("tinyshakespeare.txt", "utf-8", 9, 1.633), ("nietzsche.txt", "windows-1252", 9, 1.337)],
)
def test_published_texts_have_the_scores_of_an_independent_run(name, encoding, order, nats):
    found = published(name, encoding=encoding, validation=0.03)
    assert found == (f"Kneser-Ney {order}-gram", pytest.approx(nats, abs=0.005))
