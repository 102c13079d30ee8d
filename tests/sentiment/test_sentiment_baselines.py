"""The classical classifiers: weights by hand, independent fits, labelled rows alone, no inherited limit."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit
from sentiment_task import encode_sample, table, task
from sklearn.feature_extraction.text import TfidfVectorizer

from parts import evaluation_of, metrics_of
from seqops.tasks.sentiment.evaluation import baselines
from seqops.tasks.sentiment.model import linear, ngrams
from seqops.tasks.sentiment.model.linear import LinearClassifier
from seqops.tasks.sentiment.model.ngrams import Terms

CLASSICAL = ["TF-IDF logistic regression", "NB logistic regression", "linear SVM"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return encode_sample(tmp_path_factory.mktemp("raw"), reviews=700)


def test_two_fits_are_equal(sample):
    data, encoded, meta = sample
    found, again = (evaluation_of(data).baselines(encoded, meta) for _ in range(2))
    assert [b.predicted.to_json() for b in found] == [b.predicted.to_json() for b in again]


def test_all_classical_baselines_beat_the_trivial_ones_on_the_sample(tmp_path):
    data, encoded, meta = encode_sample(tmp_path)
    found = evaluation_of(data).baselines(encoded, meta)
    goal = {b.name: metrics_of(data).score(b.predicted, encoded["test"], meta)[0].point() for b in found}
    assert [b.name for b in found if b.kind == "classical"] == CLASSICAL
    assert goal["usual label"] < 0.4 < goal["drawn label"] < 0.6
    assert min(goal[name] for name in CLASSICAL) > 0.7


def test_no_limit_of_the_network_changes_a_baseline(sample):
    data, encoded, _ = sample
    limits = {
        "features": 5,
        "min_count": 50,
        "ngrams": 1,
        "max_length": 3,
        "vocabulary": 4,
        "stop_words": "english",
    }
    narrow = task(reviews=700, **limits)
    texts = encoded["train"].ragged("texts").texts()
    rows = table(texts[:200], ["negative", "positive"] * 100)
    names = np.array(["train"] * 120 + ["validation"] * 40 + ["test"] * 40)
    pairs = []
    for each in (data, narrow):
        meta = each.fit_encoding(rows, names)
        pairs.append(evaluation_of(each).baselines(each.encode(rows, names, meta), meta))
    for wide, limited in zip(*pairs, strict=True):
        assert wide.predicted.to_json() == limited.predicted.to_json()


def test_training_rows_without_a_label_are_not_read(sample):
    data, encoded, meta = sample
    rows = np.arange(len(encoded["train"]))
    labels = encoded["train"].plain("label").copy()
    labels[60:] = -1
    hidden = type(encoded["train"])({**encoded["train"].columns, "label": labels})
    few = {**encoded, "train": encoded["train"].take(rows[:60])}
    pair = [evaluation_of(data).baselines({**few, "train": t}, meta) for t in (hidden, few["train"])]
    for one, other in zip(*pair, strict=True):
        assert one.predicted.to_json() == other.predicted.to_json()


def test_log_count_ratios_by_hand():
    presence = csr_array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=np.float32)
    found = linear.log_count_ratios(presence, np.array([True, True, False])).diagonal()
    # smoothed counts 3, 2, 1 of 6 inside, and 1, 1, 2 of 4 outside
    assert found == pytest.approx(np.log([3 / 6 / (1 / 4), 2 / 6 / (1 / 4), 1 / 6 / (2 / 4)]))


def test_nb_regression_is_that_of_an_independent_fit():
    texts = ["good film", "good plot", "bad film", "bad bad end", "good end", "a bad plot"]
    truth = np.array([1, 1, 0, 0, 1, 0])
    terms, counts = Terms.counted(texts)
    model = LinearClassifier(
        [terms], *linear.nb_regression(terms.weighted(counts), truth, 1.0, None), [0, 1], 2
    )
    presence = (counts.toarray() > 0).astype(float)
    inside, outside = (presence[truth == k].sum(0) + 1 for k in (1, 0))
    x = presence * np.log(inside / inside.sum() / (outside / outside.sum()))

    def loss(w):
        z = x @ w[:-1] + w[-1]
        return w[:-1] @ w[:-1] / 2 + np.logaddexp(0, np.where(truth == 1, -z, z)).sum()

    w = minimize(loss, np.zeros(x.shape[1] + 1), method="BFGS").x
    found = model.probabilities(model.matrix(texts))
    assert found[:, 1] == pytest.approx(expit(x @ w[:-1] + w[-1]), abs=5e-3)


def test_tf_idf_is_that_of_scikit_learn_and_keeps_words_of_one_text():
    texts = ["Not good, not bad", "good <br /> end"]
    terms, counts = Terms.counted(texts)
    kept, columns = terms.up_to(2)
    weighted = kept.with_idf(counts[:, columns])
    whole = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|,")
    assert weighted.weighted(weighted.counts(texts)).toarray() == pytest.approx(
        whole.fit_transform(["not good , not bad", "good end"]).toarray(), abs=1e-6
    )
    assert weighted.counts(["unseen good"]).nnz == 1
    assert terms.orders.max() == 3


def test_many_texts_leave_out_what_occurs_once(monkeypatch):
    texts = ["good film", "good end"]
    assert Terms.counted(texts)[1].shape[1] == 5
    monkeypatch.setattr(ngrams, "MANY_TEXTS", 2)
    assert Terms.counted(texts)[0].names == ["good"]


def test_long_texts_have_no_svm_and_every_baseline_names_its_kind(sample, monkeypatch):
    data, encoded, meta = sample
    few = {**encoded, "train": encoded["train"].take(np.arange(60))}
    monkeypatch.setattr(baselines, "SVM_CHARACTERS", 10)
    found = baselines.classical(few, metrics_of(data), meta)
    assert [(b.name, b.model_kind) for b in found] == [
        ("TF-IDF logistic regression", "tfidf_logistic"),
        ("NB logistic regression", "nb_logistic"),
    ]
