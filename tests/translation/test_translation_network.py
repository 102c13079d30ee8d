"""The translator: shapes, padding, the flat loss, and a language that it learns."""

import itertools

import numpy as np
import pytest
from pairs import tabbed, task, written

from seqops.arrays import Ragged, Split
from seqops.blocks.subwords import END, PAD, START
from seqops.contract import BadParams

COUNTS = [0, 0, 2, 1, 1, 1, 1, 0, 0, 0, 0]
META = {"source_size": 12, "target_size": 11, "target_length": 3.0, "target_counts": COUNTS}

KINDS = [
    ("lstm", "luong"),
    ("lstm", "none"),
    ("gru", "bahdanau"),
    ("gru", "none"),
    ("transformer", "none"),
]


def network(**changed: object):
    from seqops.tasks.translation.network import Net

    fields: dict[str, object] = {
        "kind": "lstm",
        "embedding": 8,
        "units": 6,
        "layers": 1,
        "heads": 2,
        "attention": "luong",
        "tied": True,
        "dropout": 0.0,
        "label_smoothing": 0.1,
        "sampled": 0,
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


@pytest.mark.parametrize(("kind", "attention"), KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_every_kind_gives_logits_of_the_real_tokens(kind: str, attention: str, layers: int) -> None:
    net = network(kind=kind, attention=attention, layers=layers, tied=attention == "luong")
    model = net.build(META)
    inputs, _, _ = net.batch(split(), META)
    assert model(inputs).shape == (6, 11)
    readouts, weights = model.read(inputs["target"], model.encode(inputs["source"]))
    assert readouts.shape == (2, 4, 8)
    assert weights.shape == (2, 4, 0 if attention == "none" and kind != "transformer" else 3)


@pytest.mark.parametrize(("kind", "attention"), KINDS)
@pytest.mark.parametrize("sampled", [0, 11])
def test_padding_changes_no_logit_and_no_loss(kind: str, attention: str, sampled: int) -> None:
    net = network(kind=kind, attention=attention, label_smoothing=0.0, sampled=sampled, layers=2)
    model = net.build(META)
    inputs, truth, weights = net.batch(split(), META)
    longer = {side: np.pad(rows, [(0, 0), (0, 3)]) for side, rows in inputs.items()}
    np.testing.assert_allclose(model(longer), model(inputs), atol=1e-5)
    alone = [model(net.batch(split().take(np.array([row])), META)[0]).numpy() for row in (0, 1)]
    np.testing.assert_allclose(model(inputs), np.concatenate(alone), atol=1e-5)
    short, long = (
        model.compute_loss(y=truth, y_pred=model(x, training=True), sample_weight=weights)
        for x in (inputs, longer)
    )
    assert float(short) == pytest.approx(float(long), rel=1e-5)


@pytest.mark.parametrize(("kind", "attention"), KINDS)
def test_a_later_token_changes_no_earlier_logit(kind: str, attention: str) -> None:
    model = network(kind=kind, attention=attention, layers=2).build(META)
    source = np.array([[3, 4, END]], np.int32)
    before, after = (
        model({"source": source, "target": np.array([[START, 3, 4, last]], np.int32)}).numpy()
        for last in (5, 6)
    )
    np.testing.assert_allclose(after[:3], before[:3], atol=1e-6)
    assert np.abs(after[3] - before[3]).max() > 1e-4


@pytest.mark.parametrize(("kind", "attention"), KINDS)
def test_a_wide_beam_finds_what_exhaustive_search_finds(kind: str, attention: str, monkeypatch) -> None:
    import tensorflow as tf

    from seqops.tasks.translation import translator

    limit, words = 3, (END, 3, 4)
    monkeypatch.setattr(translator, "longest", lambda source: tf.fill([tf.shape(source)[0]], limit))
    net = network(kind=kind, attention=attention, layers=2, beam=16, tied=False)
    model = net.build({**META, "target_size": 5})
    model.softmax.bias.assign([-1e9, -1e9, 0.0, 0.0, 0.0])
    model.softmax.kernel.assign(4 * model.softmax.kernel)
    sentences = [
        s
        for n in range(1, limit + 1)
        for s in itertools.product(words, repeat=n)
        if END not in s[:-1] and (s[-1] == END or n == limit)
    ]
    assert len(sentences) == 15
    sources = np.array([[3, 4, END], [5, END, PAD]], np.int32)
    tokens, scores = model.beams(sources)
    for row, source in enumerate(sources):
        wanted = []
        for sentence in sentences:
            target = np.array([[START, *sentence[:-1]]], np.int32)
            logp = tf.nn.log_softmax(model({"source": source[None], "target": target})).numpy()
            total = sum(logp[t, token] for t, token in enumerate(sentence))
            wanted.append((total / ((5 + len(sentence)) / 6), sentence))
        by_tokens = {sentence: score for score, sentence in wanted}
        np.testing.assert_allclose(scores[row, :15], sorted(by_tokens.values(), reverse=True), atol=1e-4)
        for place in range(15):
            found = tuple(int(t) for t in tokens[row, place] if t != PAD)
            assert by_tokens.pop(found) == pytest.approx(float(scores[row, place]), abs=1e-4)


@pytest.mark.parametrize(("kind", "attention"), KINDS)
def test_a_beam_of_one_is_greedy(kind: str, attention: str) -> None:
    model = network(kind=kind, attention=attention, layers=2, beam=1).build(META)
    sources = np.array([[3, 4, END], [5, END, PAD]], np.int32)
    np.testing.assert_array_equal(model.beams(sources).tokens[:, 0], model.greedy(sources))


def test_a_tied_softmax_has_no_matrix_of_its_own() -> None:
    apart, tied = (network(tied=tied).build(META).count_params() for tied in (False, True))
    assert apart - tied == 11 * 8


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sampled": 5, "label_smoothing": 0.1}, "model.label_smoothing needs the whole vocabulary"),
        ({"kind": "transformer", "heads": 3}, r"a multiple of model.heads \(3\), got 8"),
        ({"kind": "transformer", "heads": 1, "embedding": 7}, "model.embedding must be even"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadParams, match=said):
        network(**changed).build(META)


@pytest.mark.parametrize("kind", ["gru", "transformer"])
@pytest.mark.parametrize("tied", [True, False])
def test_a_sampled_softmax_trains_what_it_draws_and_predicts_with_all(kind: str, tied: bool) -> None:
    import keras

    keras.utils.set_random_seed(0)
    net = network(kind=kind, tied=tied, sampled=5, label_smoothing=0.0)
    model = net.build(META, keras.optimizers.Adam(0.03))
    inputs, truth, weights = net.batch(split(), META)
    assert model(inputs, training=True).shape == (6, 8)
    assert model(inputs).shape == (6, 11)
    for _ in range(150):
        model.train_on_batch(inputs, truth, weights)
    assert model(inputs).numpy().argmax(-1).tolist() == truth.tolist()


def test_what_is_drawn_follows_from_the_seeds_that_a_fit_sets() -> None:
    model = network(sampled=5, label_smoothing=0.0).build(META)
    (state,) = (v for v in model.variables if v.path.startswith("softmax") and "seed" in v.path)
    assert state.path.endswith("seed_generator_state")
    drawn = []
    for seed in (1, 2, 1):
        state.assign([seed, 0])
        drawn.append([model.softmax.draw().numpy().tolist() for _ in range(4)])
    assert drawn[0] == drawn[2] != drawn[1]


@pytest.mark.parametrize(("kind", "rate"), [("lstm", 0.02), ("transformer", 0.005)])
def test_it_learns_a_tiny_language_and_greedy_is_a_beam_of_one(tmp_path, kind: str, rate: float) -> None:
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
    net = network(kind=kind, embedding=32, units=24, beam=1, label_smoothing=0.0)
    model = net.build(meta, keras.optimizers.Adam(rate, global_clipnorm=1.0))
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
