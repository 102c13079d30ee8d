"""A network mixed with a linear classifier: its powers, and labels that are those of one part or of both."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from sentiment_task import encode_sample
from test_sentiment_network import network

from parts import metrics_of
from seqops.core.files import sha256_of
from seqops.metrics.class_predictions import probabilities_of

MIXTURE = network(kind="tfidf", mixture="nb_logistic").configured()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    data, splits, meta = encode_sample(tmp_path_factory.mktemp("raw"), reviews=300)
    keras.utils.set_random_seed(0)
    model = MIXTURE.network.build(meta, keras.optimizers.Adam(0.01))
    for _ in range(20):
        model.train_on_batch(*MIXTURE.network.batch(splits["train"].take(np.arange(40)), meta))
    MIXTURE.network.calibrate(model, splits["validation"], meta)
    return data, splits, meta, MIXTURE.mix(model, metrics_of(data), splits, meta)


def weighted(model, *powers):
    return replace(model, weights=np.array(powers))


def probabilities(predicted):
    return probabilities_of(predicted, 2)


def test_with_one_power_of_one_it_predicts_as_that_part(case):
    _, splits, meta, model = case
    test = splits["test"]
    ours = MIXTURE.network.predict(model.network, test, meta)
    theirs = MIXTURE.classical.predict(model.classical, test, meta)
    for powers, part in (((1.0, 0.0), ours), ((0.0, 1.0), theirs)):
        found = MIXTURE.predict(weighted(model, *powers), test, meta)
        assert found["label"].equals(part["label"])
        np.testing.assert_allclose(probabilities(found), probabilities(part), rtol=1e-9)
    assert not ours["label"].equals(theirs["label"])


def test_the_probabilities_are_the_product_of_powers(case):
    _, splits, meta, model = case
    test = splits["test"].take(np.arange(5))
    ours = probabilities(MIXTURE.network.predict(model.network, test, meta))
    theirs = probabilities(MIXTURE.classical.predict(model.classical, test, meta))
    found = probabilities(MIXTURE.predict(weighted(model, 0.5, 2.0), test, meta))
    product = ours**0.5 * theirs**2
    np.testing.assert_allclose(found, product / product.sum(1, keepdims=True), rtol=1e-9)


def test_an_untrained_network_and_a_classifier_of_shuffled_labels_get_no_power(case):
    data, splits, meta, model = case
    metrics, validation, train = metrics_of(data), splits["validation"], splits["train"]
    keras.utils.set_random_seed(0)
    untrained = replace(model, network=MIXTURE.network.build(meta))
    ours, theirs = MIXTURE.choose_weights(untrained, metrics, validation, meta)
    assert theirs > 0.5
    pooled = MIXTURE.predict(weighted(untrained, ours, theirs), splits["test"], meta)
    alone = MIXTURE.classical.predict(model.classical, splits["test"], meta)
    assert (pooled["label"] == alone["label"]).mean() > 0.95
    shuffled = np.random.default_rng(0).permutation(train.plain("label"))
    rows = replace(train, columns={**train.columns, "label": shuffled})
    noise = MIXTURE.classical.fit(metrics, {**splits, "train": rows}, meta)
    ours, theirs = MIXTURE.choose_weights(replace(model, classical=noise), metrics, validation, meta)
    assert theirs < 0.2 < ours


def test_saved_weights_predict_the_same_and_two_mixtures_have_equal_bytes(case, tmp_path):
    data, splits, meta, model = case
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    MIXTURE.save(model, one)
    MIXTURE.save(MIXTURE.mix(model.network, metrics_of(data), splits, meta), two)
    assert sha256_of(one) == sha256_of(two)
    loaded = MIXTURE.load(one, meta)
    ours = MIXTURE.predict(model, splits["test"], meta)
    assert MIXTURE.predict(loaded, splits["test"], meta).equals(ours)


def test_two_classifiers_are_not_mixed():
    with pytest.raises(ValueError, match="set mixture to none"):
        network(kind="linear_svm", mixture="nb_logistic")
