"""The translator: shapes, padding, the flat loss, and a language that it learns."""

import numpy as np
import pytest
from pairs import tabbed, task, written

from seqops.arrays import Ragged, Split
from seqops.blocks.subwords import END, PAD, START

META = {"source_size": 12, "target_size": 11, "target_length": 3.0}


def network(**changed: object):
    from seqops.tasks.translation.network import Net

    fields: dict[str, object] = {
        "kind": "lstm",
        "embedding": 8,
        "units": 6,
        "attention": "luong",
        "tied": True,
        "dropout": 0.0,
        "label_smoothing": 0.1,
        "precision": "float32",
        "beam": 3,
        "length_penalty": 1.0,
    }
    return Net(**{**fields, **changed})  # type: ignore[arg-type]


def split() -> Split:
    source = Ragged.of([[3, 4, END], [5, END]], np.int32)
    target = Ragged.of([[3, 4, 5, END], [6, END]], np.int32)
    return Split({"source": source, "target": target})


def test_a_batch_shifts_the_target_and_flattens_the_truth() -> None:
    inputs, truth, weights = network().batch(split(), META)
    assert inputs["source"].tolist() == [[3, 4, END], [5, END, PAD]]
    assert inputs["target"].tolist() == [[START, 3, 4, 5], [START, 6, PAD, PAD]]
    assert truth.tolist() == [3, 4, 5, END, 6, END]
    np.testing.assert_allclose(weights, np.ones(6))  # 6 tokens in 2 rows, 3 a row on average
    assert network().lengths(split()).tolist() == [7, 4]


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("attention", ["none", "luong", "bahdanau"])
def test_every_kind_gives_logits_of_the_real_tokens(kind: str, attention: str) -> None:
    net = network(kind=kind, attention=attention, tied=attention == "luong")
    model = net.build(META)
    assert model(net.batch(split(), META)[0]).shape == (6, 11)
    memory, state = model.encode(np.array([[3, 4, END]], np.int32))
    assert memory.states.shape == (1, 3, 12)
    assert [s.shape for s in state] == [(1, 12)] * (2 if kind == "lstm" else 1)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_padding_changes_no_logit(kind: str) -> None:
    net = network(kind=kind)
    model = net.build(META)
    together = model(net.batch(split(), META)[0]).numpy()
    alone = [model(net.batch(split().take(np.array([row])), META)[0]).numpy() for row in (0, 1)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_a_tied_softmax_has_no_matrix_of_its_own() -> None:
    apart, tied = (network(tied=tied).build(META).count_params() for tied in (False, True))
    assert apart - tied == 11 * 8


def test_smoothing_spreads_what_it_takes_from_the_truth() -> None:
    from seqops.tasks.translation.translator import smoothed_cross_entropy

    logits = np.log(np.array([[0.7, 0.2, 0.1]], np.float32))
    plain, smooth = (float(smoothed_cross_entropy(s)(np.array([0]), logits)[0]) for s in (0.0, 0.3))
    assert plain == pytest.approx(-np.log(0.7), abs=1e-6)
    assert smooth == pytest.approx(-0.8 * np.log(0.7) - 0.1 * np.log(0.2) - 0.1 * np.log(0.1), abs=1e-6)


def test_it_learns_a_tiny_language_and_greedy_is_a_beam_of_one(tmp_path) -> None:
    import keras

    names = ["Ana", "Eva", "Leo", "Hugo", "Noa", "Iván", "Olga", "Rui"]
    pairs = [
        (f"{name} {verb} {thing}.", f"{name} {sees} {cosa}.")
        for name in names
        for verb, sees in (("sees", "ve"), ("buys", "compra"), ("sells", "vende"))
        for thing, cosa in (("a house", "una casa"), ("a car", "un coche"), ("a key", "una llave"))
    ]
    data = task(test_share=0.1, validation_share=0.1)
    splits, meta = data.encode(data.read([written(tmp_path, tabbed(pairs))]))
    keras.utils.set_random_seed(0)
    net = network(embedding=32, units=24, beam=1, label_smoothing=0.0)
    model = net.build(meta, keras.optimizers.Adam(0.02, global_clipnorm=1.0))
    inputs, truth, weights = net.batch(splits["train"], meta)
    losses = [float(model.train_on_batch(inputs, truth, weights)) for _ in range(100)]
    assert losses[-1] < 0.2 < 5 < losses[0]
    some = splits["train"].take(np.arange(8))
    found = net.predict(model, some, meta)
    assert data.score(found, some, meta)[0].point() > 90
    assert list(net.validate(model, some, meta)["hypothesis"]) == list(found["hypothesis"])
    assert [len(weights) for weights in found["attention"]][6:] == [0, 0]
    weights = np.reshape(found["attention"][0], (len(found["pieces"][0]), len(some.ragged("source")[0])))
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
