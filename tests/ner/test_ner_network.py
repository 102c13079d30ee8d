"""The tagger: it can learn, its tags are valid, and its weights can be restored."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from korean import task, write_file

from parts import endpoint_of, metrics_of
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.iob2 import is_valid_transition
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.ner.data.features import MORPHEME, WORD, FeatureEncoder, TokenizedSentence
from seqops.tasks.ner.model.layers import WordDropout
from seqops.tasks.ner.model.network import Network, model_inputs


def network(**changed: object) -> Network:
    fields: dict[str, object] = {
        "kind": "lstm", "mixture": "none", "word_dim": 8, "char_dim": 6, "filters": 6,
        "kernel_sizes": (2, 3), "pos_dim": 4, "units": 12, "layers": 1, "dropout": 0.0,
        "word_dropout": 0.1, "recurrent_dropout": 0.0, "layer_norm": False, "residual": False,
        "crf": True, "ensemble_size": 1,
    }  # fmt: skip
    return Network(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory):
    data = task()
    raw = write_file(tmp_path_factory.mktemp("raw"), data.sample()["sample.txt"])
    return data, *data.split_and_encode(data.read([raw]))


@pytest.mark.parametrize(
    "changed",
    [
        {"ensemble_size": 2},
        {"crf": False},
        {"kind": "gru", "layers": 2},
        {"layers": 2, "recurrent_dropout": 0.1, "layer_norm": True, "residual": True, "crf": False},
    ],
    ids=["two crfs", "softmax", "gru", "joined layers"],
)
def test_a_few_sentences_are_overfitted(encoded, changed: dict[str, object]) -> None:
    data, splits, meta = encoded
    keras.utils.set_random_seed(0)
    net = network(**changed)
    model = net.build(meta, keras.optimizers.Adam(0.03))
    few = splits["train"].take(np.arange(6))
    for _ in range(40):
        model.train_on_batch(*net.batch(few, meta))
    scores = {s.name: s.point() for s in metrics_of(data).score(net.predict(model, few, meta), few, meta)}
    assert scores["f1"] > 0.9
    assert scores["raw_f1"] > 0.9


def test_an_untrained_crf_predicts_valid_iob2(encoded) -> None:
    _, splits, meta = encoded
    keras.utils.set_random_seed(1)
    net = network()
    predicted = net.predict(net.build(meta), splits["test"], meta)
    for tags in predicted["tags"]:
        assert all(is_valid_transition(tag, before) for tag, before in zip(tags, ["O", *tags], strict=False))
    assert any(tag.startswith("I-") for tags in predicted["tags"] for tag in tags)


def test_with_both_views_the_network_is_trained_on_both(encoded) -> None:
    _, splits, meta = encoded
    few = splits["train"].take(np.arange(3))
    (features,), targets, weights = network(ensemble_size=2).batch(few, meta)
    tags = targets["member_0"]
    assert (tags == targets["member_1"]).all()
    assert features.shape[:2] == tags.shape
    assert len(tags) == len(weights["member_1"]) == 6
    assert ((tags >= 0).sum(1) == [*few.ragged("corpus_tags").lengths, *few.ragged("raw_tags").lengths]).all()
    assert ((features[:, :, 0] > 0) == (tags >= 0)).all()


def saved_and_restored(net, meta, path: Path):
    """Build the network twice, the second time with the weights of the first."""
    keras.utils.set_random_seed(2)
    model, again = net.build(meta), net.build(meta)
    model.save_weights(path)
    again.load_weights(path)
    return model, again


def test_saved_weights_give_the_same_tags_in_a_new_network(encoded, tmp_path: Path) -> None:
    _, splits, meta = encoded
    net = network()
    model, again = saved_and_restored(net, meta, tmp_path / "model.weights.h5")
    assert net.predict(model, splits["test"], meta).equals(net.predict(again, splits["test"], meta))


def test_a_text_without_tokens_has_no_entities(encoded) -> None:
    _, splits, meta = encoded
    net = network()
    width = splits["test"].ragged("raw_features").values.shape[1]
    empty = Split(
        {
            "raw_features": Ragged.from_rows([np.zeros((0, width))], np.int32),
            "raw_offsets": Ragged.from_rows([np.zeros((0, 2))], np.int32),
        }
    )
    assert net.predict(net.build(meta), empty, meta)["starts"].tolist() == [[]]


@pytest.fixture(scope="module")
def with_vectors(tmp_path_factory: pytest.TempPathFactory):
    data = task(vectors="kiwi")
    raw = write_file(tmp_path_factory.mktemp("raw"), data.sample()["sample.txt"])
    return data, *data.split_and_encode(data.read([raw]))


def test_the_vectors_of_words_never_seen_tell_a_place_from_a_food(with_vectors) -> None:
    """Train on tags that only the meaning of a word decides, with all else that is known of it hidden."""
    _, _, meta = with_vectors
    keras.utils.set_random_seed(0)
    net = network(word_dropout=0.0)
    model = net.build(meta, keras.optimizers.Adam(0.03))
    place, other = meta["tags"].index("B-LC"), 0
    for _ in range(60):
        model.train_on_batch(*batch_of(net, meta, ["서울", "밥", "부산", "국"], [place, other, place, other]))
    features = Ragged.from_rows([hidden(meta, ["대구"]), hidden(meta, ["빵"])], np.int32)
    best = net.emissions(model, features, meta).values.argmax(1)
    assert best.tolist() == [place, other]


def hidden(meta, forms):
    """Encode forms by their vectors alone."""
    encoded = FeatureEncoder.from_meta(meta).features(
        TokenizedSentence(forms, [""] * len(forms), [1] * len(forms))
    )
    numbers = np.zeros_like(encoded)
    numbers[:, WORD], numbers[:, MORPHEME] = UNKNOWN, encoded[:, MORPHEME]
    return numbers


def batch_of(net, meta, forms, tags):
    rows = np.stack([hidden(meta, [form]) for form in forms])
    return model_inputs(rows, meta), {"member_0": np.array(tags)[:, None]}


def test_vectors_are_read_with_a_request_and_with_saved_weights(with_vectors, tmp_path: Path) -> None:
    data, _, meta = with_vectors
    net = network()
    model, again = saved_and_restored(net, meta, tmp_path / "model.weights.h5")
    request = endpoint_of(data).parse(["김하늘은 서울에 산다."], meta)
    assert (request.ragged("raw_features")[0][:, MORPHEME] > 0).any()
    assert net.predict(model, request, meta).equals(net.predict(again, request, meta))


def test_vectors_need_the_tokenizer_of_kiwi() -> None:
    with pytest.raises(ValueError, match="set tokenizer to kiwi, or vectors to none"):
        task(vectors="kiwi", tokenizer="whitespace")


def test_word_dropout_replaces_words_in_training_only_and_never_padding() -> None:
    keras.utils.set_random_seed(0)
    words = np.concatenate([np.full((1, 4000), 7), np.zeros((1, 4000), int)], 1)
    layer = WordDropout(0.25)
    assert (np.asarray(layer(words)) == words).all()
    drawn = np.asarray(layer(words, training=True))
    assert set(drawn[0, :4000]) == {1, 7}
    assert (drawn[0, 4000:] == 0).all()
    assert (drawn[0, :4000] == 1).mean() == pytest.approx(0.25, abs=0.03)
