"""The feature CRF: features by hand, decoding against all paths, tuning, and equal bytes of two runs."""

import itertools
import re

import numpy as np
import pytest
from korean import task, write_file

from parts import endpoint_of, evaluation_of, metrics_of
from seqops.core.files import sha256_of
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.model import feature_crf
from seqops.tasks.ner.model.feature_crf import FeatureCRF


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    data = task()
    raw = write_file(tmp_path_factory.mktemp("raw"), data.sample()["sample.txt"])
    return data, *data.split_and_encode(data.read([raw]))


def test_features_by_hand():
    first, second = feature_crf.features(["Oslo", "12"], ["NNP", "SN"], [2, 4])
    assert {"w=Oslo", "p=NNP", "at=2", "s=Lu Ll", "^1=O", "^4=Oslo", "$1=o", "$3=slo"} <= set(first)
    assert {"w1=00", "p1=SN", "w-1=\n", "ww0=Oslo|00", "pp-1=\n|NNP", "ppp=\n|NNP|SN"} <= set(first)
    assert {"w=00", "s=Nd", "^2=00", "w-1=Oslo", "w2=\n", "w|p=00|SN", "p|at=SN|4"} <= set(second)
    assert not [f for f in second if re.match(r"[$^]3=", f)]
    assert len(first) == len(set(first))


def test_clusters_are_features_of_a_token_and_of_its_neighbours():
    first, second = feature_crf.features(["Oslo", "12"], ["NNP", "SN"], [2, 4], [7, 0])
    plain, _ = feature_crf.features(["Oslo", "12"], ["NNP", "SN"], [2, 4])
    assert set(first) - set(plain) == {
        "c0=7", "c-2=\n", "c-1=\n", "c1=0", "c2=\n", "cc-1=\n|7", "cc0=7|0", "c|p=7|NNP"
    }  # fmt: skip
    assert {"c0=0", "c-1=7", "c|p=0|SN"} <= set(second)


def test_shapes_name_each_run_of_characters_once():
    assert feature_crf.shape("B-52") == "Lu Pd Nd"
    assert feature_crf.shape("서울") == "Lo"


def test_tokens_are_stored_whole_whatever_the_network_reads(tmp_path):
    data = task(min_count=3, width=1, layout="conll", types=("PER",), tokenizer="whitespace")
    rows = data.read([write_file(tmp_path, "Anneliese NNP B-PER\n! . O\n\n" * 8)])
    names = np.array(["train"] * 6 + ["validation", "test"])
    meta = data.fit_encoding(rows, names)
    test = data.encode(rows, names, meta)["test"]
    assert encoding.forms(test, "corpus") == encoding.forms(test, "raw") == [["Anneliese", "!"]]


def test_the_tags_are_the_best_of_all_paths(tmp_path):
    """Sum the weights that CRFsuite dumps over every path of a short sentence."""
    import pycrfsuite

    rows = [[["a"], ["b"], ["c"]], [["b"], ["c"]], [["c"], ["a"], ["a"]], [["a", "b"], ["c"]]]
    truth = [["O", "B-X", "I-X"], ["B-X", "O"], ["O", "O", "B-X"], ["B-X", "I-X"]]
    trainer = pycrfsuite.Trainer(verbose=False, params={"c1": 0.0, "c2": 0.05})
    for row, tags in zip(rows, truth, strict=True):
        trainer.append(pycrfsuite.ItemSequence(row), tags)
    path = tmp_path / "model"
    trainer.train(str(path))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    info = tagger.info()
    asked = [[["b"], ["b"], ["c"], ["a"]], [["c"], ["c"], ["a"]], *rows]

    def weight(row, tags):
        state = sum(info.state_features.get((f, t), 0.0) for fs, t in zip(row, tags, strict=True) for f in fs)
        return state + sum(info.transitions.get(pair, 0.0) for pair in itertools.pairwise(tags))

    best = [
        max(itertools.product(info.labels, repeat=len(row)), key=lambda t: weight(row, t)) for row in asked
    ]
    found = feature_crf.tagged(path.read_bytes(), [pycrfsuite.ItemSequence(row) for row in asked])
    assert found == [*map(list, best)]
    # the forward algorithm by enumeration gives the probability of a path
    tagger.set([*asked[0]])
    paths = [*itertools.product(info.labels, repeat=4)]
    total = np.logaddexp.reduce([weight(asked[0], tags) for tags in paths])
    assert tagger.probability(list(best[0])) == pytest.approx(
        np.exp(weight(asked[0], best[0]) - total), abs=1e-4
    )


def test_the_crf_is_tuned_on_validation_repeats_and_beats_the_lookups(encoded, tmp_path, monkeypatch):
    data, splits, meta = encoded
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    once, again = (evaluation_of(data).baselines(splits, meta) for _ in range(2))
    assert [b.name for b in once if b.kind == "classical"] == ["feature CRF"]
    assert once[-1].predicted.to_json() == again[-1].predicted.to_json()
    scores = [
        {s.name: s.point() for s in metrics_of(data).score(b.predicted, splits["test"], meta)} for b in once
    ]
    assert scores[-1]["f1"] > max(s["f1"] for s in scores[:-1])
    assert scores[-1]["raw_f1"] > max(s["raw_f1"] for s in scores[:-1])
    assert [*tmp_path.iterdir()] == []


def test_the_penalties_are_those_with_the_best_goal(encoded, monkeypatch):
    data, splits, meta = encoded
    asked = []

    class SecondIsBest(type(metrics_of(data))):
        def score(self, predicted, truth, meta):
            asked.append(predicted)
            statistics = np.tile([float(len(asked) == 2), 1.0], (len(predicted), 1))
            return [Score("f1", statistics, lambda s: s[..., 0] / s[..., 1], True, "second")]

    monkeypatch.setattr(feature_crf, "PENALTIES", ((0.1, 0.01), (1000.0, 0.01), (0.1, 0.1)))
    crf = FeatureCRF()
    found = crf.predict(crf.fit(SecondIsBest(data), splits, meta), splits["test"], meta)
    assert [list(each.columns) for each in asked] == [["tags"]] * 3
    assert [len(each) for each in asked] == [len(splits["validation"])] * 3
    assert {tag for row in found["tags"] for tag in row} == {"O"}  # so large a penalty leaves no weight


def test_saved_weights_tag_requests_as_rows_and_two_fits_have_equal_bytes(encoded, tmp_path, monkeypatch):
    data, splits, meta = encoded
    monkeypatch.setattr(feature_crf, "PENALTIES", ((0.1, 0.1),))
    crf = FeatureCRF()
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    for path in (one, two):
        crf.save(crf.fit(metrics_of(data), splits, meta), path)
    assert sha256_of(one) == sha256_of(two)
    model, rows = crf.load(one, meta), splits["test"]
    predicted = crf.predict(model, rows, meta)
    assert any(predicted["types"])
    asked = endpoint_of(data).parse(rows.ragged("texts").texts(), meta)
    assert crf.predict(model, asked, meta).to_json() == predicted.drop(columns="tags").to_json()
    corpus = {name: column for name, column in rows.columns.items() if not name.startswith("raw_")}
    assert [*crf.predict(model, Split(corpus), meta)] == ["tags"]
