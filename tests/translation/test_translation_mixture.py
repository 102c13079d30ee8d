"""A network mixed with a phrase table: hypotheses of both, ranked together, and the weight that is best."""

import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest
from pairs import task, to_tsv, write_file
from test_translation_network import network

from parts import metrics_of
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.translation.model.beam import Beam
from seqops.tasks.translation.model.mixture import SHARES, Pool

GAINS = np.array([[100.0, 20, 10], [20, 100, 60], [10, 60, 100]])
POOL = Pool(["x", "y", "z"], np.array([0.6, 0.4, 0]), np.array([0, 0, 1.0]), GAINS)
MIXTURE = network(embedding=16, units=16, mixture="phrase_table", reranking="minimum_risk").configured()
WORDS = [
    {"I see": "Veo", "You see": "Ves", "We have": "Tenemos", "I want": "Quiero"},
    {"the": "el", "a": "un", "my": "mi", "your": "tu"},
    {"red": "rojo", "old": "viejo", "new": "nuevo", "white": "blanco"},
    {"car": "coche", "cat": "gato", "book": "libro"},
]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (1.0, {"x": 68, "y": 52}),
        # y is the likeliest of neither, but like the hypotheses of both
        (0.7, {"y": 54.4, "z": 51, "x": 50.6}),
        (0.5, {"z": 65, "y": 56, "x": 39}),
        (0.0, {"z": 100}),
    ],
)
def test_hypotheses_are_ranked_by_their_expected_gain(share, expected):
    texts, gains = POOL.ranked(share)
    assert texts == list(expected)
    assert gains == pytest.approx(list(expected.values()))


def test_a_hypothesis_that_both_have_is_one():
    beam = Beam(["a", "b", "a"], np.array([[3, PAD], [4, 5], [6, PAD]]), np.zeros(3), np.log([2.0, 1, 1]))
    pool = Pool.of(beam, "b")
    assert list(pool.texts) == ["a", "b"]
    np.testing.assert_allclose(pool.network, [0.75, 0.25])
    np.testing.assert_allclose(pool.phrases, [0, 1])
    assert [beam.tokens_of(text) for text in ("a", "b", "c")] == [[3], [4, 5], []]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Train for some steps, which is too few for the network to be of use."""
    pairs = [
        (f"{who} {the} {how} {what}.", f"{WORDS[0][who]} {WORDS[1][the]} {WORDS[3][what]} {WORDS[2][how]}.")
        for who, the, how, what in itertools.product(*WORDS)
    ]
    data = task(validation_share=0.1, test_share=0.1)
    table = data.read([write_file(tmp_path_factory.mktemp("raw"), to_tsv(pairs))])
    splits, meta = data.split_and_encode(table)
    keras.utils.set_random_seed(0)
    model = MIXTURE.network.build(meta, keras.optimizers.Adam(0.01))
    for _ in range(30):
        model.train_on_batch(*MIXTURE.network.batch(splits["train"].take(np.arange(32)), meta))
    return data, splits, meta, MIXTURE.mix(model, metrics_of(data), splits, meta)


def weighted(model, share):
    return replace(model, weights=np.array([share]))


def test_with_the_whole_weight_each_part_predicts_alone(case):
    _, splits, meta, model = case
    test = splits["test"]
    ours = MIXTURE.network.predict(model.network, test, meta)
    theirs = MIXTURE.classical.predict(model.classical, test, meta)
    assert not ours["hypothesis"].equals(theirs["hypothesis"])
    found = MIXTURE.predict(weighted(model, 1.0), test, meta)
    assert found[["hypothesis", "attention", "pieces"]].equals(ours[["hypothesis", "attention", "pieces"]])
    assert any(found["attention"])
    found = MIXTURE.predict(weighted(model, 0.0), test, meta)
    assert found["hypothesis"].equals(theirs["hypothesis"])
    assert found["nbest_scores"].tolist() == [[pytest.approx(100)]] * len(test)
    assert not any(found["attention"])


def test_the_weight_is_the_best_on_validation_rows(case):
    data, splits, meta, model = case

    def bleu(share):
        predicted = MIXTURE.predict(weighted(model, share), splits["validation"], meta)
        return metrics_of(data).score(predicted, splits["validation"], meta)[0].point()

    scores = {share: bleu(share) for share in SHARES.tolist()}
    assert scores[1.0] < scores[0.0] == max(scores.values())
    # of equal ones the highest
    assert model.weights.tolist() == [max(scores, key=scores.get)]


def test_a_model_is_not_mixed_with_itself():
    with pytest.raises(ValueError, match="not mixed with itself"):
        network(kind="phrase_table", mixture="phrase_table")
