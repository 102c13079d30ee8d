"""A network mixed with the feature CRF: scores, weight, and tags that are those of one part or of both."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from korean import task, write_file
from test_ner_network import network

from parts import endpoint_of, metrics_of
from seqops.core.files import sha256_of
from seqops.core.ragged import Ragged
from seqops.tasks.ner.model.crf_scores import CrfScores, scores_of
from seqops.tasks.ner.model.decoding import best_tags
from seqops.tasks.ner.model.feature_crf import FeatureCRF
from seqops.tasks.ner.model.mixture import share

MIXTURE = network(mixture="feature_crf", ensemble_size=2).configured()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Train a network on few of the sentences of a CRF, so that they err on different tags."""
    data = task()
    raw = write_file(tmp_path_factory.mktemp("raw"), data.sample()["sample.txt"])
    splits, meta = data.split_and_encode(data.read([raw]))
    keras.utils.set_random_seed(0)
    model = MIXTURE.network.build(meta, keras.optimizers.Adam(0.03))
    for _ in range(8):
        model.train_on_batch(*MIXTURE.network.batch(splits["train"].take(np.arange(8)), meta))
    return data, splits, meta, MIXTURE.mix(model, metrics_of(data), splits, meta)


def weighted(model, weight):
    return replace(model, weights=np.array([weight]))


@pytest.mark.parametrize("split", ["validation", "test", "train"])
def test_at_weight_one_and_zero_it_tags_as_one_part(case, split):
    _, splits, meta, model = case
    ours = MIXTURE.network.predict(model.network, splits[split], meta)
    theirs = FeatureCRF().predict(model.classical, splits[split], meta)
    assert MIXTURE.predict(weighted(model, 1.0), splits[split], meta).equals(ours)
    assert MIXTURE.predict(weighted(model, 0.0), splits[split], meta).equals(theirs)
    assert not ours.equals(theirs)
    assert MIXTURE.validate(weighted(model, 0.0), splits[split], meta)["tags"].equals(theirs["tags"])


def test_both_parts_read_vectors(tmp_path):
    data = task(vectors="kiwi")
    splits, meta = data.split_and_encode(data.read([write_file(tmp_path, data.sample()["sample.txt"])]))
    mixed = MIXTURE.mix(MIXTURE.network.build(meta), metrics_of(data), splits, meta)
    assert any(name.startswith("c0=") for name in scores_of(mixed.classical, tuple(meta["tags"])).places)
    assert MIXTURE.predict(weighted(mixed, 0.0), splits["test"], meta).equals(
        FeatureCRF().predict(mixed.classical, splits["test"], meta)
    )


def test_a_network_without_a_crf_is_mixed_too(case):
    _, splits, meta, model = case
    mixture = network(mixture="feature_crf", crf=False).configured()
    both = replace(model, network=mixture.network.build(meta), weights=np.array([1.0]))
    ours = mixture.network.predict(both.network, splits["test"], meta)
    assert mixture.predict(both, splits["test"], meta).equals(ours)


def test_an_untrained_network_loses_the_weight_and_so_does_a_crf_of_shuffled_tags(case):
    data, splits, meta, model = case
    metrics, validation = metrics_of(data), splits["validation"]
    keras.utils.set_random_seed(0)
    untrained = replace(model, network=MIXTURE.network.build(meta))
    assert MIXTURE.choose_weights(untrained, metrics, validation, meta)[0] < 0.1
    train = splits["train"]
    columns = dict(train.columns)
    for view in meta["views"]:
        tags = columns[f"{view}_tags"]
        mixed = np.random.default_rng(0).permutation(tags.values)
        columns[f"{view}_tags"] = Ragged(mixed, tags.offsets)
    noise = FeatureCRF().fit(metrics, {**splits, "train": replace(train, columns=columns)}, meta)
    found = MIXTURE.choose_weights(replace(model, classical=noise), metrics, validation, meta)
    assert found[0] > 0.8 > model.weights[0] > 0.1


def test_features_are_summed_and_a_tag_without_training_is_never_chosen():
    scores = CrfScores(
        {"a": 0, "b": 1},
        np.array([[1.0, 0.0, 0.5], [0.0, 3.0, 0.0]], np.float32),
        np.zeros((4, 3), np.float32),
        np.array([0.0, 0.0, -1e4], np.float32),
    )
    emissions = scores.emissions([["a", "b", "other"], ["a"], []])
    assert emissions.tolist() == [[1.0, 3.0, -9999.5], [1.0, 0.0, -9999.5], [0.0, 0.0, -1e4]]
    rows = Ragged(emissions, np.array([0, 2, 2, 3]))
    assert best_tags(rows, scores.transitions, ["x", "y", "z"]) == [["y", "x"], [], ["x"]]


def test_the_weights_read_from_a_file_are_those_that_crfsuite_prints(tmp_path):
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False, params={"c1": 0.0, "c2": 0.05})
    for row, tags in (([["가"], ["b"], ["c"]], ["O", "B-X", "I-X"]), ([["b", "c"], ["가"]], ["B-X", "O"])):
        trainer.append(pycrfsuite.ItemSequence(row), tags)
    path = tmp_path / "model"
    trainer.train(str(path))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    info, tags = tagger.info(), ("I-X", "never", "B-X", "O")
    scores = scores_of(path.read_bytes(), tags)
    assert {*scores.places} == {"가", "b", "c"}
    for (feature, tag), weight in info.state_features.items():
        found = scores.weights[scores.places[feature], tags.index(tag)]
        assert found == pytest.approx(weight, abs=1e-6)
    for (before, tag), weight in info.transitions.items():
        found = scores.transitions[tags.index(before), tags.index(tag)]
        assert found == pytest.approx(weight, abs=1e-6)
    assert np.count_nonzero(scores.weights) == len(info.state_features) == 4
    assert np.count_nonzero(scores.transitions) == len(info.transitions)
    assert scores.unseen.tolist() == [0.0, -1e4, 0.0, 0.0]


def test_the_share_is_that_of_the_first_factor():
    assert share(np.array([0.3, 0.1])) == pytest.approx(0.75)
    assert share(np.array([0.0, 2.0])) == 0.0
    assert share(np.array([0.0, 0.0])) == 0.0


def test_saved_weights_tag_the_same_and_two_mixtures_have_equal_bytes(case, tmp_path):
    data, splits, meta, model = case
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    MIXTURE.save(model, one)
    MIXTURE.save(MIXTURE.mix(model.network, metrics_of(data), splits, meta), two)
    assert sha256_of(one) == sha256_of(two)
    loaded = MIXTURE.load(one, meta)
    request = endpoint_of(data).parse(["김하늘은 서울에 산다.", "   1 "], meta)
    for rows in (splits["test"], request):
        assert MIXTURE.predict(loaded, rows, meta).equals(MIXTURE.predict(model, rows, meta))


def test_a_crf_is_not_mixed_with_itself():
    with pytest.raises(ValueError, match="not mixed with itself"):
        network(kind="feature_crf", mixture="feature_crf")
