"""The translator: shapes, padding, the flattened loss, and learning a tiny language."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from pairs import task, to_tsv, write_file

from parts import metrics_of
from seqops.core.errors import ConfigError
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.subwords import END, START, Subwords
from seqops.preprocessing.vocabulary import PAD

COUNTS = [0, 0, 2, 1, 1, 1, 1, 0, 0, 0, 0]
META = {"source_size": 12, "target_size": 11, "target_length": 3.0, "target_counts": COUNTS}

KINDS = [
    ("lstm", "luong"),
    ("lstm", "luong_dot"),
    ("lstm", "none"),
    ("gru", "bahdanau"),
    ("gru", "none"),
    ("transformer", "none"),
]


def network(**changed: object):
    from seqops.tasks.translation.model.network import Network

    fields: dict[str, object] = {
        "kind": "lstm",
        "mixture": "none",
        "embedding": 8,
        "units": 6,
        "layers": 1,
        "heads": 2,
        "attention": "luong",
        "tie_embeddings": True,
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "layer_norm": False,
        "residual": False,
        "label_smoothing": 0.1,
        "sampled_softmax_size": 0,
        "precision": "float32",
        "beam_size": 3,
        "length_penalty": 1.0,
        "reranking": "none",
    }
    return Network(**{**fields, **changed})  # type: ignore[arg-type]


def split() -> Split:
    source = Ragged.from_rows([[3, 4, END], [5, END]], np.int32)
    target = Ragged.from_rows([[3, 4, 5, END], [6, END]], np.int32)
    return Split({"source": source, "target": target})


def test_a_batch_has_the_shifted_target_and_the_flattened_truth() -> None:
    inputs, truth, weights = network().batch(split(), META)
    assert inputs["source"].tolist() == [[3, 4, END], [5, END, PAD]]
    assert inputs["target"].tolist() == [[START, 3, 4, 5], [START, 6, PAD, PAD]]
    assert truth.tolist() == [3, 4, 5, END, 6, END]
    np.testing.assert_allclose(weights, np.ones(6))  # 6 tokens in 2 rows, 3 per row on average
    assert network().lengths(split()).tolist() == [7, 4]


@pytest.fixture(scope="module", params=KINDS, ids=" ".join)
def built(request):
    """A network of each kind, two layers deep, with its model."""
    kind, attention = request.param
    net = network(kind=kind, attention=attention, layers=2, tie_embeddings=attention == "luong")
    return net, net.build(META)


def test_every_kind_returns_logits_for_the_real_tokens(built) -> None:
    net, model = built
    inputs, _, _ = net.batch(split(), META)
    assert model(inputs).shape == (6, 11)
    readouts, weights = model.read(inputs["target"], model.encode(inputs["source"]))
    assert readouts.shape == (2, 4, 8)
    assert weights.shape == (2, 4, 0 if net.kind != "transformer" and net.attention == "none" else 3)


def test_padding_affects_no_logit_and_no_loss(built) -> None:
    net, model = built
    inputs, truth, weights = net.batch(split(), META)
    together = model(inputs)
    longer = model({side: np.pad(rows, [(0, 0), (0, 3)]) for side, rows in inputs.items()})
    alone = [model(net.batch(split().take(np.array([row])), META)[0]).numpy() for row in (0, 1)]
    np.testing.assert_allclose(longer, together, atol=1e-5)
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-5)
    losses = [float(model.compute_loss(None, truth, y, weights)) for y in (together, longer)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_later_token_affects_no_earlier_logit(built) -> None:
    _, model = built
    source = np.array([[3, 4, END]], np.int32)
    before, after = (
        model({"source": source, "target": np.array([[START, 3, 4, last]], np.int32)}).numpy()
        for last in (5, 6)
    )
    np.testing.assert_allclose(after[:3], before[:3], atol=1e-6)
    assert np.abs(after[3] - before[3]).max() > 1e-4


def test_minimum_risk_orders_the_same_hypotheses_by_their_likeness(built, monkeypatch) -> None:
    from seqops.tasks.translation.model import minimum_risk

    net, model = built
    seen = []

    def backwards(hypotheses, log_probabilities):
        seen.append(log_probabilities.tolist())
        return [2, 1, 0]

    monkeypatch.setattr(minimum_risk, "ranked", backwards)
    meta = META | {"target": Subwords.train(["a b c d"], 11).json}
    plain = net.predict(model, split(), meta)
    reranked = replace(net, reranking="minimum_risk").predict(model, split(), meta)
    for (_, before), (_, after) in zip(plain.iterrows(), reranked.iterrows(), strict=True):
        assert after["nbest"] == before["nbest"][::-1]
        assert after["nbest_scores"] == before["nbest_scores"][::-1]
        assert after["hypothesis"] == before["nbest"][2]
        assert after["score"] == before["nbest_scores"][2]
    # what the search divided by the length penalty, (5 + length) / 6, is multiplied by it again
    hypotheses, scores = model.beams(split().ragged("source").padded(PAD))
    expected = scores.numpy() * (5 + np.sum(hypotheses.numpy() != PAD, axis=-1)) / 6
    np.testing.assert_allclose(sorted(seen), sorted(expected.tolist()), rtol=1e-5)


@pytest.mark.parametrize(("kind", "attention"), [("lstm", "luong"), ("gru", "none")])
def test_joined_layers_decode_token_by_token_as_a_whole_target(kind: str, attention: str) -> None:
    joined = {"layer_norm": True, "residual": True, "recurrent_dropout": 0.3}
    net = network(kind=kind, attention=attention, layers=3, **joined)
    model = net.build(META)
    assert model.count_params() == network(kind=kind, attention=attention, layers=3).build(
        META
    ).count_params() + 2 * (3 * 12 + 3 * 12)
    inputs, truth, weights = net.batch(split(), META)
    model.train_on_batch(inputs, truth, weights)
    encoded = model.encode(inputs["source"])
    whole, _ = model.read(inputs["target"], encoded)
    state = model.initial_state(encoded, 4)
    for t in range(4):
        readouts, state = model.step(inputs["target"][:, t], state, encoded)
        np.testing.assert_allclose(readouts, whole[:, t], atol=1e-5)
    alone = model(net.batch(split().take(np.array([1])), META)[0])
    np.testing.assert_allclose(alone, model(inputs)[4:], atol=1e-5)


def test_the_hypothesis_with_the_highest_expected_chrf_is_first() -> None:
    from seqops.tasks.translation.model.minimum_risk import ranked

    # the likeliest has nothing in common with the two others, which support each other
    hypotheses = ["xyz", "the old house", "the old horse"]
    assert ranked(hypotheses, np.log([0.4, 0.35, 0.25])) == [1, 2, 0]
    assert ranked(hypotheses, np.log([0.8, 0.15, 0.05])) == [0, 1, 2]
    assert ranked(["b", "a"], np.log([0.5, 0.5])) == [0, 1]


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_a_wide_beam_agrees_with_exhaustive_search(kind: str, monkeypatch) -> None:
    import tensorflow as tf

    from seqops.tasks.translation.model import translator

    limit, words = 3, (END, 3, 4)
    monkeypatch.setattr(translator, "max_target_length", lambda source: tf.fill([tf.shape(source)[0]], limit))
    model = network(kind=kind, layers=2, beam_size=16, tie_embeddings=False).build({**META, "target_size": 5})
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
    before = Ragged.from_rows([[START, *sentence[:-1]] for sentence in sentences], np.int32)
    after = Ragged.from_rows(sentences, np.int32)
    for row, source in enumerate(sources):
        inputs = {"source": np.tile(source, (15, 1)), "target": before.padded(PAD)}
        logp = tf.nn.log_softmax(model(inputs)).numpy()[np.arange(len(after.values)), after.values]
        totals = np.add.reduceat(logp, after.offsets[:-1]) / ((5 + after.lengths) / 6)
        np.testing.assert_allclose(scores[row, :15], sorted(totals, reverse=True), atol=1e-4)
        by_tokens = dict(zip(sentences, totals, strict=True))
        for rank in range(15):
            found = tuple(int(t) for t in tokens[row, rank] if t != PAD)
            assert by_tokens.pop(found) == pytest.approx(float(scores[row, rank]), abs=1e-4)


def test_a_tied_softmax_has_no_kernel() -> None:
    separate, tied = (network(tie_embeddings=tied).build(META).count_params() for tied in (False, True))
    assert separate - tied == 11 * 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"sampled_softmax_size": 5, "label_smoothing": 0.1},
            "model.label_smoothing needs the whole vocabulary",
        ),
        ({"kind": "transformer", "heads": 3}, r"a multiple of model.heads \(3\), got 8"),
        ({"kind": "transformer", "heads": 1, "embedding": 7}, "model.embedding must be even"),
    ],
)
def test_contradictory_settings_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        network(**changed).build(META)


@pytest.mark.parametrize(("kind", "tied"), [("gru", True), ("transformer", False)])
def test_a_sampled_softmax_trains_on_drawn_tokens_and_predicts_with_all(kind: str, tied: bool) -> None:
    import keras

    keras.utils.set_random_seed(0)
    net = network(kind=kind, tie_embeddings=tied, sampled_softmax_size=5, label_smoothing=0.0)
    model = net.build(META, keras.optimizers.Adam(0.1))
    inputs, truth, weights = net.batch(split(), META)
    assert model(inputs, training=True).shape == (6, 8)
    assert model(inputs).shape == (6, 11)
    for _ in range(60):
        model.train_on_batch(inputs, truth, weights)
    assert model(inputs).numpy().argmax(-1).tolist() == truth.tolist()


def test_drawn_tokens_depend_on_the_seeds_set_by_training() -> None:
    model = network(sampled_softmax_size=5, label_smoothing=0.0).build(META)
    state = model.softmax.seeds.state
    seeded = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    assert any(v is state for v in seeded)
    drawn = []
    for seed in (1, 2, 1):
        state.assign([seed, 0])
        drawn.append([model.softmax.draw().numpy().tolist() for _ in range(4)])
    assert drawn[0] == drawn[2] != drawn[1]


@pytest.mark.parametrize(("kind", "rate"), [("lstm", 0.02), ("transformer", 0.005)])
def test_it_learns_a_tiny_language_and_greedy_search_equals_a_beam_of_one(tmp_path, kind, rate) -> None:
    import keras

    names = ["Ana", "Eva", "Leo", "Hugo", "Noa", "Iván", "Olga", "Rui"]
    pairs = [
        (f"{name} {verb} {thing}.", f"{name} {sees} {cosa}.")
        for name in names
        for verb, sees in (("sees", "ve"), ("buys", "compra"), ("sells", "vende"))
        for thing, cosa in (("a house", "una casa"), ("a car", "un coche"), ("a key", "una llave"))
    ]
    data = task(test_share=0.1, validation_share=0.1)
    splits, meta = data.split_and_encode(data.read([write_file(tmp_path, to_tsv(pairs))]))
    keras.utils.set_random_seed(0)
    net = network(kind=kind, embedding=32, units=24, beam_size=1, label_smoothing=0.0)
    model = net.build(meta, keras.optimizers.Adam(rate, global_clipnorm=1.0))
    inputs, truth, weights = net.batch(splits["train"], meta)
    losses = [float(model.train_on_batch(inputs, truth, weights)) for _ in range(100)]
    assert losses[-1] < 0.2 < 5 < losses[0]
    few = splits["train"].take(np.arange(8))
    found = net.predict(model, few, meta)
    assert metrics_of(data).score(found, few, meta)[0].point() > 90
    assert list(net.validate(model, few, meta)["hypothesis"]) == list(found["hypothesis"])
    assert [len(weights) for weights in found["attention"]][6:] == [0, 0]
    weights = np.reshape(found["attention"][0], (len(found["pieces"][0]), len(few.ragged("source")[0])))
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
