"""The lexicon baseline: its file, the sums and the thresholds by hand, and its place among the baselines."""

import numpy as np
import pytest
from sentiment_task import table, task, write_file

from parts import evaluation_of, metrics_of
from seqops.core.errors import DataError
from seqops.tasks.sentiment.data.encoding import NgramTokenizer
from seqops.tasks.sentiment.data.lexicon import read_lexicon
from seqops.tasks.sentiment.evaluation.lexicon import Thresholds, sums_of

TOKENIZER = NgramTokenizer(lowercase=True, ngrams=1, stop_words="none")
TEXTS = ["A good film", "so bad"]
WEIGHTS = {"good": 1.5, "bad": -2.0}


@pytest.mark.parametrize(
    "content",
    [
        "good\t1.5\nbad\t-2\n",
        "Good,1.5\r\n\r\nBAD,-2\r\n",
        "word,weight\ngood,1.5\nbad,-2\nbad,-2.0",
        '"good", 1.5\n"bad", -2\n',
        "\ufeffword\tweight\ngood\t+1.5\nbad\t-2e0\n",
    ],
)
def test_words_and_weights_are_read_from_both_formats(tmp_path, content):
    found = read_lexicon(write_file(tmp_path / "l.csv", content), TOKENIZER, TEXTS)
    assert found == {"lexicon": WEIGHTS}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("good\t1.5\nbad\t-x\n", r"l\.csv:2: '-x' in column 'weight' is not a number"),
        ("good\t1.5\nbad\n", r"l\.csv:2: 1 cells, not a word and a weight\. Write one word per line"),
        ("good,1.5\n\nbad,-2,3\n", r"l\.csv:3: 3 cells, not a word and a weight"),
        ("good,1.5\nbad,\n", r"l\.csv:2: the weight is missing"),
        ("good,1.5\nbad,inf\n", r"l\.csv:2: 'inf' in column 'weight' is not a number"),
        (" ,1.5\n", r"l\.csv:1: the word is missing"),
        ("good,1\nGood,2\n", r"l\.csv:2: 'good' has the weight 2 here and 1 above\. Keep one"),
        ('good,1\n"bad,2\n', r"l\.csv:2: broken CSV"),
        (b"good,1\n\xff,2\n", r"l\.csv:2: byte 0xff is not UTF-8"),
        ("unheard,1\n", r"l\.csv: the file has none of the words of the training texts\. Set data\.lexicon"),
        ("", r"l\.csv: the file has none of the words"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_lexicon(write_file(tmp_path / "l.csv", content), TOKENIZER, TEXTS)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"l\.csv: no such file"):
        read_lexicon(tmp_path / "l.csv", TOKENIZER, TEXTS)


def test_a_word_counts_as_often_as_it_occurs():
    assert sums_of(["Good, GOOD<br>bad", "nothing"], WEIGHTS, TOKENIZER).tolist() == [1.0, 0.0]


def test_the_cut_has_most_training_rows_right():
    # below 0.5 one row of four is wrong, and no other cut does as well
    sums, labels = np.array([-1.0, 0.0, 0.0, 1.0, 2.0]), np.array([0, 0, 1, 1, 1])
    found = Thresholds.fit(sums, labels, 2, balanced=False)
    assert (found.order.tolist(), found.cuts.tolist()) == ([0, 1], [-0.5])
    np.testing.assert_allclose(found.shares, [[2 / 3, 1 / 3], [2 / 6, 4 / 6]])
    predicted = found.predict(np.array([-0.6, -0.5, 3.0]))
    assert predicted["label"].tolist() == [0, 1, 1]
    assert predicted["probabilities"][1] == pytest.approx([2 / 6, 4 / 6])
    assert found.summary(["no", "yes"]) == "no below, yes from -0.5"


def test_labels_are_in_the_order_of_their_sums_and_a_hidden_one_has_no_interval():
    sums, labels = np.array([3.0, 3.0, -3.0, -3.0, 0.0, 0.0, 0.0]), np.array([0, 0, 2, 2, 1, 2, 2])
    found = Thresholds.fit(sums, labels, 3, balanced=False)
    assert found.order.tolist() == [2, 1, 0]
    assert found.predict(np.array([-3.0, 0.0, 3.0]))["label"].tolist() == [2, 2, 0]
    # each label counts the same: the only row of label 1 outweighs two of four
    balanced = Thresholds.fit(sums, labels, 3, balanced=True)
    assert balanced.predict(np.array([-3.0, 0.0, 3.0]))["label"].tolist() == [2, 1, 0]


def test_thresholds_are_as_good_as_the_best_of_all():
    from itertools import combinations_with_replacement

    random = np.random.default_rng(0)
    for _ in range(40):
        sums, labels = random.integers(-3, 4, 12).astype(float), random.integers(0, 4, 12)
        found = Thresholds.fit(sums, labels, 4, balanced=False)
        values = np.unique(sums)
        edges = [-np.inf, *((values[1:] + values[:-1]) / 2), np.inf]
        every = combinations_with_replacement(edges, len(found.order) - 1)
        best = max((found.order[np.searchsorted(cuts, sums, side="right")] == labels).sum() for cuts in every)
        assert (found.predict(sums)["label"] == labels).sum() == best


def test_one_label_is_always_predicted():
    found = Thresholds.fit(np.array([1.0, 2.0]), np.array([1, 1]), 2, balanced=False)
    assert found.predict(np.array([-9.0]))["label"].tolist() == [1]
    assert found.summary(["no", "yes"]) == "always yes"


def test_it_is_a_classical_baseline_of_the_labelled_training_rows(tmp_path):
    path = write_file(tmp_path / "l.csv", "good,1\nbad,-1\n")
    texts = ["good film", "bad film"] * 12
    rows = table(texts, ["positive", "negative"] * 12)
    split = np.array(["train"] * 16 + ["validation"] * 4 + ["test"] * 4)
    data = task(lexicon=str(path), min_count=1)
    meta = data.fit_encoding(rows, split)
    encoded = data.encode(rows, split, meta)
    [*others, found] = evaluation_of(data).baselines(encoded, meta)
    assert (found.name, found.kind, found.model_kind) == ("lexicon", "classical", "")
    assert found.settings == "negative below, positive from 0"
    assert metrics_of(data).score(found.predicted, encoded["test"], meta)[0].point() == 1.0
    plain = task(min_count=1)
    without = plain.fit_encoding(rows, split)
    assert "lexicon" not in without
    assert [b.name for b in evaluation_of(plain).baselines(encoded, without)] == [b.name for b in others]
