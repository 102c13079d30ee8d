"""Every kind of classifier can learn and ignores padding; so does the language model."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sentiment_task import encode_sample, first, task

from parts import endpoint_of, metrics_of
from seqops.core.errors import ConfigError
from seqops.core.ragged import Ragged, Split
from seqops.core.settings import Decay, FitConfig, Stage
from seqops.nn.temperature_scaling import fit_temperature, log_softmax
from seqops.tasks.sentiment.data.word_vectors import read_vectors
from seqops.tasks.sentiment.model.layers import Last, MeanMax, Reader, SideBySide, TermSum
from seqops.tasks.sentiment.model.network import Network
from seqops.training.loop import train
from seqops.training.optimizer import copy_shared_weights

KINDS = ["bow", "tfidf", "embedding", "lstm", "gru", "bilstm", "lm"]
FIT_CONFIG = FitConfig(
    seed=0, epochs=1, batch_size=8, learning_rate=0.01, decay=Decay("none", 1.0), warmup_steps=0,
    weight_decay=0.0, clip_norm=1.0, patience=9, validation_rows=20,
)  # fmt: skip


def network(**changed: object) -> Network:
    fields: dict[str, object] = {
        "kind": "bilstm", "mixture": "none", "embedding": 8, "units": 12, "layers": 1, "dropout": 0.0,
        "recurrent_dropout": 0.0, "layer_norm": False, "residual": False, "pooling": "concat",
    }  # fmt: skip
    return Network(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory):
    return encode_sample(tmp_path_factory.mktemp("raw"), reviews=300)


def test_vectors_side_by_side_by_hand() -> None:
    layer = SideBySide(3)
    steps = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [9.0, 9.0]]], np.float32)
    found = np.asarray(layer(steps, np.array([2, 1])))
    assert found.tolist() == [[1, 2, 3, 4, 0, 0], [5, 6, 0, 0, 0, 0]]


def test_flattened_words_know_their_place_and_padding_changes_nothing(encoded) -> None:
    _, splits, meta = encoded
    keras.utils.set_random_seed(0)
    net = network(kind="embedding", pooling="flatten")
    model = net.build(meta, keras.optimizers.Adam(0.02))
    assert model.get_layer("flat").width == meta["max_length"] == 400
    rows = splits["train"].take(np.arange(16))
    together = np.array(net.predict(model, rows, meta)["probabilities"].tolist())
    for row in (0, 5):
        alone = net.predict(model, rows.take(np.array([row])), meta)["probabilities"][0]
        np.testing.assert_allclose(alone, together[row], atol=1e-6)
    words = rows.ragged("words")[0][None]
    assert np.abs(model(words).numpy() - model(words[:, ::-1]).numpy()).max() > 1e-4
    batch = net.batch(rows, meta)
    losses = [float(model.train_on_batch(*batch)) for _ in range(20)]
    assert losses[-1] < losses[0] / 2


def test_flatten_is_refused_of_other_kinds() -> None:
    with pytest.raises(
        ValueError, match="pooling flatten is of kind embedding: set pooling to concat for lstm"
    ):
        network(kind="lstm", pooling="flatten")


@pytest.mark.parametrize("name", ["embedding", "bilstm", "lm"])
def test_a_model_of_subwords_reads_and_learns_from_them(tmp_path, name) -> None:
    _, splits, meta = encode_sample(tmp_path, reviews=300, tokens="bpe", vocabulary=300)
    keras.utils.set_random_seed(0)
    net = network(kind=name)
    model = net.build(meta, keras.optimizers.Adam(0.02))
    rows = splits["train"].take(np.arange(16))
    assert net.lengths(rows).tolist() == rows.ragged("subwords").lengths.tolist()
    batch = net.batch(rows, meta)
    losses = [float(model.train_on_batch(*batch)) for _ in range(20)]
    assert losses[-1] < losses[0] / 2
    if name == "lm":
        goal = net.pretext()
        predicted = goal.network.predict(goal.network.build(meta), rows, meta)
        assert predicted["words"].tolist() == (rows.ragged("subwords").lengths - 1).tolist()


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, encoded):
    _, splits, meta = encoded
    keras.utils.set_random_seed(0)
    net = network(kind=request.param, layers=2)
    return net, net.build(meta, keras.optimizers.Adam(0.02)), splits, meta


def test_padding_affects_neither_loss_nor_output(kind) -> None:
    net, model, splits, meta = kind
    lengths = net.lengths(splits["train"])
    rows = splits["train"].take(np.array([lengths.argmin(), lengths.argmax(), 5]))
    together = net.predict(model, rows, meta)["probabilities"]
    losses = []
    for i in range(3):
        alone = rows.take(np.array([i]))
        single = net.predict(model, alone, meta)["probabilities"][0]
        np.testing.assert_allclose(single, together[i], atol=1e-6)
        losses.append(model.test_on_batch(*net.batch(alone, meta)))
    assert model.test_on_batch(*net.batch(rows, meta)) == pytest.approx(np.mean(losses), abs=1e-5)


def test_a_few_texts_are_overfitted(kind) -> None:
    net, model, splits, meta = kind
    few = splits["train"].take(first(8))
    for _ in range(60):
        model.train_on_batch(*net.batch(few, meta))
    assert net.predict(model, few, meta)["label"].tolist() == few.plain("label").tolist()


def test_saved_weights_give_the_same_answers_in_a_new_network(kind, tmp_path) -> None:
    net, model, splits, meta = kind
    model.save_weights(tmp_path / "model.weights.h5")
    again = net.build(meta)
    again.load_weights(tmp_path / "model.weights.h5")
    few = splits["test"].take(first(9))
    assert net.predict(model, few, meta).equals(net.predict(again, few, meta))


def test_a_text_without_known_terms_has_an_answer(encoded) -> None:
    data, _, meta = encoded
    for kind in ("bow", "tfidf"):
        net = network(kind=kind)
        rows = endpoint_of(data).parse(["zyx", "zyx wvu"], meta)
        assert rows.ragged("terms").lengths.tolist() == [0, 0]
        answers = net.predict(net.build(meta), rows, meta)["probabilities"]
        np.testing.assert_allclose(answers[0], answers[1])


def test_unlabelled_rows_are_not_used_for_training(encoded) -> None:
    rows = encoded[1]["train"].take(first(6))
    label = np.array([0, -1, 1, -1, -1, 1], np.int32)
    known = network().training_rows(Split({**rows.columns, "label": label}))
    assert known.plain("label").tolist() == [0, 1, 1]
    assert known.ragged("texts")[1].tolist() == rows.ragged("texts")[2].tolist()


# --- layers by hand


def test_a_weighted_sum_of_rows_equals_a_dense_layer() -> None:
    layer = TermSum(3, 2)
    terms, weights = np.array([[1, 3], [2, 0]]), np.array([[0.5, 2.0], [1.0, 0.0]], np.float32)
    layer(terms, weights)
    rows = np.array([[9, 9], [2, -2], [1, 4], [1, 0]], np.float32)
    layer.set_weights([rows, np.array([0.0, 0.5], np.float32)])
    np.testing.assert_allclose(layer(terms, weights), [[3.0, 0.0], [1.0, 4.5]])


def test_states_are_taken_at_the_last_real_step_and_pooled_over_real_steps() -> None:
    steps = np.array([[[1, -4], [3, -2], [50, 50]]], np.float32)
    lengths = np.array([2], np.int32)
    assert Last(bidirectional=False)(steps, lengths).numpy().tolist() == [[3, -2]]
    assert Last(bidirectional=True)(steps, lengths).numpy().tolist() == [[3, -4]]
    assert MeanMax()(steps, lengths).numpy().tolist() == [[2, -3, 3, -2]]


# --- calibration


def test_temperature_scaling_recovers_the_factor_of_the_logits() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(20_000, 3))
    truth = np.array([generator.choice(3, p=p) for p in np.exp(log_softmax(logits))])
    assert fit_temperature(3.0 * logits, truth) == pytest.approx(3.0, rel=0.05)


def test_calibration_changes_no_label_and_is_idempotent(encoded) -> None:
    _, splits, meta = encoded
    net = network(kind="bow")
    model = net.build(meta)
    validation = splits["validation"]
    before = net.predict(model, validation, meta)
    net.calibrate(model, validation, meta)
    found = float(model.get_layer("head").temperature.numpy())
    net.calibrate(model, validation, meta)
    assert found != 1.0
    assert float(model.get_layer("head").temperature.numpy()) == pytest.approx(found, rel=1e-3)
    assert net.predict(model, validation, meta)["label"].equals(before["label"])


# --- word vectors


@pytest.mark.parametrize("kind", ["gru", "lm"])
def test_the_embedding_is_initialized_from_word_vectors(encoded, tmp_path, kind: str) -> None:
    _, _, meta = encoded
    word = meta["words"][7]
    (tmp_path / "v.txt").write_text(f"{word} {' '.join(map(str, range(8)))}\n")
    with_vectors = {**meta, "vectors": read_vectors(tmp_path / "v.txt", meta["words"])}
    model = network(kind=kind).build(with_vectors)
    table = next(v for v in model.variables if v.path.endswith("embedding/embeddings")).numpy()
    np.testing.assert_array_equal(table[7], range(8))
    assert np.abs(np.delete(table, 7, 0)).max() < 2
    with pytest.raises(ConfigError, match=r"model\.embedding is 9, but the vectors of data\.vectors have 8"):
        network(kind=kind, embedding=9).build(with_vectors)


def test_word_vectors_are_read_from_the_file_in_the_params(tmp_path) -> None:
    (tmp_path / "v.txt").write_text("film 1 2 3\n")
    _, _, meta = encode_sample(tmp_path, reviews=100, vectors=str(tmp_path / "v.txt"), min_rows=1)
    assert meta["vectors"]["places"] == [meta["words"].index("film")]


# --- the language model


def language_model(meta):
    pretext = network(kind="lm").pretext()
    assert pretext is not None
    return pretext, pretext.network.build(meta, keras.optimizers.Adam(0.02))


def negative_log_likelihood(pretext, model, rows, meta) -> float:
    return pretext.score(pretext.network.predict(model, rows, meta), rows, meta)[0].point()


def test_only_the_language_model_has_a_pretext_task() -> None:
    assert [kind for kind in KINDS if network(kind=kind).pretext()] == ["lm"]


def test_an_untrained_model_is_near_the_uniform_distribution_and_a_trained_one_is_better(encoded) -> None:
    _, splits, meta = encoded
    pretext, model = language_model(meta)
    few = splits["train"].take(first(16))
    before = negative_log_likelihood(pretext, model, few, meta)
    assert before == pytest.approx(np.log(len(meta["words"])), rel=0.1)
    for _ in range(40):
        model.train_on_batch(*pretext.network.batch(few, meta))
    assert negative_log_likelihood(pretext, model, few, meta) < 0.7 * before


def test_the_negative_log_likelihood_of_a_row_does_not_depend_on_other_rows(encoded) -> None:
    _, _, meta = encoded
    pretext, model = language_model(meta)
    rows = Split({"words": Ragged.from_rows([[2, 3, 4], [5], [6, 7]], np.int32)})
    together = pretext.network.predict(model, rows, meta)
    assert together["words"].tolist() == [2, 0, 1]
    assert together["nats"][1] == 0.0
    for i in (0, 2):
        alone = pretext.network.predict(model, rows.take(np.array([i])), meta)
        assert alone["nats"][0] == pytest.approx(together["nats"][i], rel=1e-5)
    loss = model.test_on_batch(*pretext.network.batch(rows.take(np.array([0, 2])), meta))
    assert loss == pytest.approx(together["nats"].sum() / 3, rel=1e-5)
    assert pretext.network.training_rows(rows).ragged("words").lengths.tolist() == [3, 2]


def test_the_classifier_starts_from_the_encoder_of_the_language_model(encoded) -> None:
    _, _, meta = encoded
    _, pretrained = language_model(meta)
    model = network(kind="lm").build(meta)
    encoder = [v for v in model.variables if v.path.startswith("encoder/") and "seed" not in v.path]
    assert copy_shared_weights(model, pretrained) >= len(encoder) == 4
    pretrained_weights = {v.path: v.numpy() for v in pretrained.variables}
    for variable in encoder:
        np.testing.assert_array_equal(variable.numpy(), pretrained_weights[variable.path])


def test_training_in_stages_starts_with_the_language_model_and_ends_with_the_labels(encoded) -> None:
    _, splits, meta = encoded
    stages = (
        Stage(2, 0.01, objective="pretext"),
        Stage(1, 0.01, layers=("head",)),
        Stage(1, 0.01, layers=("embedding", "recurrent_0", "head"), layer_lr_decay=2.6),
    )
    data = task(reviews=300)
    few = {name: rows.take(first(40)) for name, rows in splits.items()}
    fitted = train(
        network(kind="lm"), metrics_of(data), few, meta, FitConfig(**{**vars(FIT_CONFIG), "stages": stages})
    )
    trained = [epoch for epoch in fitted.epochs if epoch.trained]
    assert [epoch.objective for epoch in trained] == ["pretext", "pretext", "goal", "goal"]
    nats = [epoch.validation for epoch in trained[:2]]
    assert nats[1] < nats[0] < np.log(len(meta["words"]))


def test_pooled_states_are_not_scaled_by_dropout() -> None:
    keras.utils.set_random_seed(0)
    reader = Reader(vocabulary=9, width=5, units=5, layers=1, dropout=0.5)
    dropped, pooled = (part.numpy() for part in reader(np.arange(1, 9).reshape(2, 4), training=True))
    nonzero = dropped != 0
    assert 0 < nonzero.sum() < nonzero.size
    np.testing.assert_allclose(dropped, np.where(nonzero, 2 * pooled, 0), rtol=1e-6)
