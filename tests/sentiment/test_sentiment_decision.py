"""`data.decision: balanced`: the network, its mixture and the classical models predict rare labels, too."""

import numpy as np
import pytest
from sentiment_task import encode_sample

from parts import evaluation_of, metrics_of
from seqops.core.mixtures import FittedMixture
from seqops.metrics.class_predictions import labels_of, predictions, probabilities_of
from seqops.metrics.label_decision import LabelDecision
from seqops.tasks.sentiment.model.classical import TextClassifier
from seqops.tasks.sentiment.model.mixture import TextMixture


@pytest.fixture(scope="module")
def balanced(tmp_path_factory):
    """The sample, whose training rows are said to be of the first label in nine of ten cases."""
    data, splits, meta = encode_sample(tmp_path_factory.mktemp("raw"), reviews=300, decision="balanced")
    return data, splits, {**meta, "label_shares": [0.9, 0.1]}


def test_the_shares_are_those_of_labelled_training_rows(tmp_path):
    _, splits, meta = encode_sample(tmp_path, reviews=300, decision="balanced", max_labelled=20)
    labels = splits["train"].plain("label")
    assert (labels >= 0).sum() == 20
    assert meta["label_shares"] == [(labels == k).sum() / 20 for k in (0, 1)]
    assert encode_sample(tmp_path, reviews=300)[2]["label_shares"] == []


def expected(predicted, held_out, held_truth, shares):
    """Decide by offsets that are chosen on the validation rows."""
    offsets = LabelDecision(shares).offsets(probabilities_of(held_out, 2), held_truth)
    return (np.log(probabilities_of(predicted, 2)) + offsets).argmax(1)


@pytest.mark.parametrize("kind", ["bow", "nb_logistic"])
def test_labels_follow_from_the_offsets_and_probabilities_do_not(kind, balanced, tmp_path):
    from test_sentiment_network import network

    _, splits, meta = balanced
    held_truth = labels_of(predictions(np.ones((len(splits["validation"]), 2))), splits["validation"])[0]
    if kind == "bow":
        model = network(kind="bow")
        fitted, plain_fit = (model.build(m) for m in (meta, {**meta, "label_shares": []}))
        plain_fit.set_weights(fitted.get_weights()[: len(plain_fit.get_weights())])
        model.calibrate(fitted, splits["validation"], meta)
        model.calibrate(plain_fit, splits["validation"], {**meta, "label_shares": []})
    else:
        model = TextClassifier("nb_logistic")
        data = balanced[0]
        fitted = model.fit(metrics_of(data), splits, meta)
        model.save(fitted, tmp_path / "model.weights.h5")
        fitted = model.load(tmp_path / "model.weights.h5", meta)
    found, held = (model.predict(fitted, splits[s], meta) for s in ("test", "validation"))
    assert found["label"].tolist() == expected(found, held, held_truth, (0.9, 0.1)).tolist()
    if kind == "bow":
        plain = model.predict(plain_fit, splits["test"], {**meta, "label_shares": []})
        assert plain["probabilities"].tolist() == found["probabilities"].tolist()
        assert plain["label"].tolist() == probabilities_of(plain, 2).argmax(1).tolist()


class Constant:
    """A part whose probabilities are those given, whatever the rows."""

    def __init__(self, probabilities):
        self.probabilities = probabilities

    def predict(self, model, split, meta):
        return predictions(self.probabilities[: len(split)])


def test_a_mixture_decides_by_its_pooled_probabilities(balanced):
    data, splits, meta = balanced
    rows = splits["validation"].take(np.arange(5))
    rows.columns["label"] = np.array([1, 1, 0, 0, 0])
    unsure = np.array([[0.6, 0.4], [0.55, 0.45], [0.8, 0.2], [0.9, 0.1], [0.7, 0.3]])
    mixture = TextMixture(Constant(unsure), Constant(np.full((5, 2), 0.5)))
    fitted = FittedMixture(None, None, np.ones(2))
    weights = mixture.choose_weights(fitted, metrics_of(data), rows, meta)
    assert len(weights) == 4
    found = mixture.predict(FittedMixture(None, None, weights), rows, meta)
    assert found["label"].tolist() == [1, 1, 0, 0, 0]
    plain = mixture.choose_weights(fitted, metrics_of(data), rows, {**meta, "label_shares": []})
    assert weights[:2].tolist() == plain.tolist()


def test_baselines_decide_in_the_same_way(balanced):
    data, splits, meta = balanced
    with_rule, without = (
        {b.name: b for b in evaluation_of(data).baselines(splits, m)}
        for m in (meta, {**meta, "label_shares": []})
    )
    name = "TF-IDF logistic regression"
    ones = [int((found[name].predicted["label"] == 1).sum()) for found in (with_rule, without)]
    # a rule can only add to the rare label
    assert ones[0] >= ones[1]
    model = TextClassifier("tfidf_logistic")
    ours = model.predict(model.fit(metrics_of(data), splits, meta), splits["test"], meta)
    assert ours["label"].tolist() == with_rule[name].predicted["label"].tolist()
