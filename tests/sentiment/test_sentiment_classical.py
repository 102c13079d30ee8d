"""Linear classifiers as the model of the task: what is chosen, and what the weights file keeps."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sentiment_task import PARAMS, encode_sample
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from parts import metrics_of
from seqops.core.errors import ConfigError
from seqops.core.files import sha256_of
from seqops.core.ragged import Ragged, Split
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.sentiment.model import classical
from seqops.tasks.sentiment.model.classical import STRENGTHS, LabelledTexts, TextClassifier
from seqops.tasks.sentiment.model.linear import softmax_regression
from seqops.tasks.sentiment.model.network import Network

WORDS = ("dull", "fine", "great", "odd")
FOUR, TWO = ({"labels": words, "label_shares": []} for words in (WORDS, WORDS[:2]))


def rows(texts, labels):
    return Split({"texts": Ragged.from_texts(texts), "label": np.array(labels, np.int32)})


def words_with(labels):
    """Return six texts for each of the labels, which name it by a word."""
    return rows([f"{WORDS[k]} {i}" for i in range(6) for k in labels], [k for _ in range(6) for k in labels])


def always(predicted):
    return 0.0


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return encode_sample(tmp_path_factory.mktemp("raw"), reviews=300)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_saved_weights_give_the_same_answers_and_two_fits_equal_bytes(sample, kind, tmp_path):
    data, splits, meta = sample
    model = TextClassifier(kind)
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    for path in (one, two):
        fitted = model.fit(metrics_of(data), splits, meta)
        model.save(fitted, path)
    assert sha256_of(one) == sha256_of(two)
    loaded = model.load(one, meta)
    ours, theirs = (model.predict(m, splits["test"], meta) for m in (fitted, loaded))
    assert ours.to_json() == theirs.to_json()
    # a text is predicted by itself alone
    alone = model.predict(loaded, splits["test"].take(np.array([3])), meta)["probabilities"][0]
    assert alone == pytest.approx(ours["probabilities"][3], abs=1e-6)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_the_choice_is_the_first_that_is_best_on_validation_rows(kind, monkeypatch):
    """The strength 0.5 and equal weights give the largest of the scores, which are asked for in order."""
    asked, offered = [], {(2.0, None): 1.0, (2.0, "balanced"): 1.0, (0.5, None): 3.0, (0.5, "balanced"): 3.0}

    def fit(train, truth, strength, weight):
        asked.append((strength, weight))
        return np.zeros((train.shape[1], 2)), np.array([offered[strength, weight], 0.0])

    monkeypatch.setitem(STRENGTHS, kind, (2.0, 0.5))
    monkeypatch.setitem(classical.FITS, kind, fit)
    monkeypatch.setattr(classical, "_with_temperature", lambda model, validation, labels: model)
    texts = LabelledTexts(words_with([0, 1]), words_with([0, 1]))
    found = TextClassifier(kind).fit_to(texts, lambda found: found["probabilities"][0][0], TWO)
    assert found.intercepts.tolist() == [3.0, 0.0]
    inputs = 1 if kind == "linear_svm" else 2
    assert asked == [*offered] * inputs
    assert found.blocks[0].orders.max() == 2  # the longer n-grams are not better


@pytest.mark.parametrize("absent", [0, 2, 3])
@pytest.mark.parametrize("kind", STRENGTHS)
def test_a_class_without_training_rows_has_probability_0(kind, absent):
    present, every = [k for k in range(4) if k != absent], words_with(range(4))
    model = TextClassifier(kind)
    fitted = model.fit_to(LabelledTexts(words_with(present), every), always, FOUR)
    found = model.predict(fitted, every, FOUR)
    probabilities = np.array(found["probabilities"].tolist())
    assert (probabilities[:, absent] == 0).all()
    assert probabilities.sum(1) == pytest.approx(1)
    known = every.plain("label") != absent
    assert (found["label"].to_numpy() == every.plain("label"))[known].all()


def test_the_only_class_of_the_training_rows_is_certain(tmp_path):
    model, meta = TextClassifier("nb_logistic"), FOUR
    fitted = model.fit_to(LabelledTexts(words_with([2]), words_with([1, 2])), always, FOUR)
    model.save(fitted, tmp_path / "model.weights.h5")
    found = model.predict(model.load(tmp_path / "model.weights.h5", meta), words_with([0, 1]), meta)
    assert found["probabilities"].tolist() == [[0.0, 0.0, 1.0, 0.0]] * 12


def test_the_kind_of_the_section_is_the_model_that_is_configured():
    bilstm = PARAMS.task("sentiment").network()
    assert isinstance(bilstm, Network)
    svm = PARAMS.with_values({"tasks.sentiment.model.kind": "linear_svm"}).task("sentiment")
    assert svm.network() == TextClassifier("linear_svm")
    with pytest.raises(ConfigError, match=r"model\.kind: .* got 'linear_swm'; did you mean 'linear_svm'"):
        PARAMS.with_values({"tasks.sentiment.model.kind": "linear_swm"}).task("sentiment").network()
    with pytest.raises(ConfigError, match=r"model\.units: "):
        values = {"tasks.sentiment.model.kind": "linear_svm", "tasks.sentiment.model.units": 0}
        PARAMS.with_values(values).task("sentiment").network()


def test_a_fit_to_long_texts_reaches_its_end():
    generator, truth = np.random.default_rng(0), np.repeat([0, 1], 300)
    chances = np.full((600, 3000), 0.1)
    chances[truth == 1, :300] = 0.14
    terms = normalize(csr_matrix((generator.random(chances.shape) < chances).astype(np.float32)))
    coefficients, intercepts = softmax_regression(terms, truth, 100.0, None)
    found = log_softmax(terms @ coefficients + intercepts)
    best = LogisticRegression(C=100.0, tol=1e-8, max_iter=2000).fit(terms, truth).predict_log_proba(terms)
    rows = np.arange(len(truth))
    assert -found[rows, truth].mean() == pytest.approx(-best[rows, truth].mean(), rel=0.05)
