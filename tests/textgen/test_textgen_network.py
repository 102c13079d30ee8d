"""The language model: carried state, scores, and generated text that depends only on its own request."""

import json

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from texts import VERSE, network, task

from parts import endpoint_of, metrics_of
from seqops.tasks.textgen.model.network import streams

KINDS = ["lstm", "gru", "transformer"]
JOINED = {"layers": 2, "layer_norm": True, "residual": True, "recurrent_dropout": 0.3}


def encoded(text: str = VERSE * 4, **changed: object):
    lines = text.splitlines(keepends=True)
    dataset = task(**changed)
    return dataset, *dataset.split_and_encode(pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines}))


@pytest.fixture(scope="module")
def case():
    return encoded()


def built(case, **changed: object):
    keras.utils.set_random_seed(0)
    net = network(**changed)
    return net, net.build(case[2], keras.optimizers.Adam(0.01))


def test_streams_continue_row_by_row_and_end_with_fewer_rows():
    assert [rows.tolist() for rows in streams(7, 3)] == [[0, 3, 6], [1, 4], [2, 5]]
    assert [rows.tolist() for rows in streams(2, 5)] == [[0, 1]]
    assert sorted(np.concatenate(streams(1000, 64)).tolist()) == list(range(1000))


def test_a_stateless_network_may_be_shuffled(case):
    assert network(stateful=False).order(case[1]["train"], 4) is None


def test_a_batch_has_inputs_and_the_tokens_that_follow_them(case):
    split = case[1]["train"].take(np.array([0, len(case[1]["train"]) - 1]))
    inputs, truth, weights = network().batch(split, case[2])
    rows = split.ragged("tokens")
    assert inputs["tokens"][0].tolist() == rows[0][:-1].tolist()
    short = len(rows[1]) - 1
    assert short < 8  # so that the padding is tested
    assert inputs["tokens"][1].tolist() == rows[1][:-1].tolist() + [0] * (8 - short)
    assert truth.tolist() == [*rows[0][1:], *rows[1][1:]]
    np.testing.assert_allclose(weights, (8 + short) / 16)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_learn_and_its_weights_can_be_restored(case, kind):
    net, model = built(case, kind=kind, tie_embeddings=kind == "gru")
    batch = net.batch(case[1]["train"].take(np.arange(4)), case[2])
    losses = [model.train_on_batch(*batch, return_dict=True)["loss"] for _ in range(30)]
    assert losses[-1] < losses[0] - 0.1
    assert [w.path for w in model.weights if len(w.shape) == 0] == ["writer/softmax/temperature"]
    again = net.build(case[2])
    again.set_weights(model.get_weights())


def logits_after(model, batches):
    return [model(net_batch, training=True).numpy() for net_batch in batches]


def halves(case, row: int):
    """Return two consecutive windows, and both as one row."""
    train = case[1]["train"]
    first, second = (network().batch(train.take(np.array([i])), case[2])[0] for i in (row, row + 1))
    whole = {
        "tokens": np.concatenate([first["tokens"], second["tokens"]], 1),
        "start": first["start"],
    }
    return first, second, whole


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_window_continues_from_the_final_state_of_the_previous_one(case, kind):
    _, model = built(case, kind=kind)
    first, second, whole = halves(case, 0)
    [_, found] = logits_after(model, [first, second])
    [expected] = logits_after(model, [whole])
    np.testing.assert_allclose(found, expected[8:], atol=1e-5)


def test_a_window_that_is_not_consecutive_starts_from_the_zero_state(case):
    _, model = built(case)
    first, second, _ = halves(case, 0)
    [fresh] = logits_after(model, [second])
    [_, found] = logits_after(model, [first, {**second, "start": second["start"] + 8}])
    np.testing.assert_array_equal(found, fresh)
    # and so does a new epoch
    [start, _, again] = logits_after(model, [first, second, first])
    np.testing.assert_array_equal(again, start)


def test_a_smaller_batch_continues_the_first_rows(case):
    _, model = built(case)
    train = case[1]["train"]
    both = network().batch(train.take(np.array([0, 4])), case[2])[0]
    one = network().batch(train.take(np.array([1])), case[2])[0]
    [_, found] = logits_after(model, [both, one])
    first, second, _ = halves(case, 0)
    [_, expected] = logits_after(model, [first, second])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_stateless_network_starts_every_window_from_the_zero_state(case):
    _, model = built(case, stateful=False)
    first, second, _ = halves(case, 0)
    [fresh] = logits_after(model, [second])
    [_, found] = logits_after(model, [first, second])
    np.testing.assert_array_equal(found, fresh)


@pytest.mark.parametrize("kind", KINDS)
def test_nats_are_those_of_the_softmax_on_the_passage_after_its_context(case, kind):
    net, model = built(case, kind=kind)
    split = case[1]["test"].take(np.array([0]))
    row, scored = split.ragged("tokens")[0], int(split.plain("scored")[0])
    hidden = model._read(row[None, :-1], np.zeros(1, np.int64), training=False)
    logp = tf.nn.log_softmax(model.head(hidden[0])).numpy()
    expected = -logp[np.arange(len(row) - 1), row[1:]][-scored:]
    found = net.predict(model, split, case[2])
    np.testing.assert_allclose(found["each"][0], expected, rtol=1e-4)
    assert found["nats"][0] == pytest.approx(expected.sum(), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_overconfident_network_is_calibrated_on_validation_passages(case, kind):
    net, model = built(case, kind=kind)
    train, validation = (case[1][name] for name in ("train", "validation"))
    for _ in range(60):
        model.train_on_batch(*net.batch(train.take(np.arange(4)), case[2]))

    def nats():
        return float(net.predict(model, validation, case[2])["nats"].sum())

    before = nats()
    net.calibrate(model, validation, case[2])
    temperature, after = float(model.head.temperature.numpy()), nats()
    assert temperature > 1
    assert after < before
    for other in (0.98 * temperature, 1.02 * temperature):
        model.head.temperature.assign(other)
        assert nats() > after


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_generation_has_the_probabilities_of_joined_layers_read_at_once(case, kind):
    net, model = built(case, kind=kind, **JOINED)
    batch = net.batch(case[1]["train"].take(np.arange(4)), case[2])
    losses = [float(model.train_on_batch(*batch)) for _ in range(30)]
    assert losses[-1] < losses[0] - 0.1
    ids = np.random.default_rng(0).integers(2, case[2]["size"], 20).astype(np.int32)
    whole = model.head(model._read(ids[None], np.zeros(1, np.int64), training=False)[0])
    state = model.encoder.zeros(1)
    for start, end in ((0, 7), (7, 8), (8, 20)):  # carried over between the parts
        logits, state = model.follow(ids[start:end], state)
        np.testing.assert_allclose(logits[0], whole[end - 1], atol=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_joined_layers_carry_their_whole_state_to_the_next_window(case, kind):
    _, model = built(case, kind=kind, **{**JOINED, "recurrent_dropout": 0.0})
    first, second, whole = halves(case, 0)
    [_, found] = logits_after(model, [first, second])
    [expected] = logits_after(model, [whole])
    np.testing.assert_allclose(found, expected[8:], atol=1e-5)


def test_layers_that_are_not_joined_have_no_place_in_the_file_of_the_weights(case, tmp_path):
    _, model = built(case)
    model.save_weights(tmp_path / "model.weights.h5")
    names: list[str] = []
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visit(names.append)
    assert "encoder/recurrent/lstm/vars/0" in names
    assert [name for name in names if "joint" in name or "drop_state" in name] == []


@pytest.mark.parametrize("kind", KINDS)
def test_encoding_token_by_token_equals_encoding_at_once(case, kind):
    _, model = built(case, kind=kind, layers=2)
    ids = np.random.default_rng(0).integers(2, case[2]["size"], (8, 30)).astype(np.int32)
    whole = model._read(ids, np.zeros(8, np.int64), training=False)
    state = model.encoder.zeros(8)
    for t in range(30):  # by then the transformer's window of 8 has wrapped around three times
        hidden, state = model.encoder.step(ids[:, t], state)
        np.testing.assert_allclose(hidden, whole[:, t], atol=1e-4)


def to_json(*requests: dict) -> list[str]:
    return [json.dumps(request) for request in requests]


def answers(case, net, model, inputs):
    dataset, _, meta = case
    return endpoint_of(dataset).respond(
        net.predict(model, endpoint_of(dataset).parse(inputs, meta), meta), inputs, meta
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_and_a_seed_give_the_same_text_in_any_batch(case, kind):
    net, model = built(case, kind=kind)
    others = [{"prompt": "the dog " * n, "seed": n, "temperature": n / 9, "length": 3 + n} for n in range(11)]
    mine = {"prompt": "the cat", "seed": 5, "length": 20}
    [alone] = answers(case, net, model, to_json(mine))
    batched = answers(case, net, model, to_json(*others[:9], mine, *others[9:]))
    assert batched[9] == alone
    assert len(alone["text"]) == 20
    [other] = answers(case, net, model, to_json({**mine, "seed": 6}))
    assert other["text"] != alone["text"]


def test_a_longer_text_starts_with_the_shorter_one(case):
    net, model = built(case)
    short, long = answers(
        case, net, model, to_json({"prompt": "a", "length": 9}, {"prompt": "a", "length": 30})
    )
    assert long["text"][:9] == short["text"]


def test_temperature_zero_takes_the_most_probable_token(case):
    net, model = built(case)
    [answer] = answers(case, net, model, to_json({"prompt": "the", "temperature": 0, "length": 5}))
    vocabulary = case[2]["vocabulary"]
    ids = [vocabulary.index(c) for c in "\nthe"]
    for character in answer["text"]:
        hidden = model._read(np.array([ids], np.int32), np.zeros(1, np.int64), training=False)
        ids.append(2 + int(np.argmax(model.head(hidden[:, -1])[0, 2:])))
        assert vocabulary[ids[-1]] == character


def test_a_request_without_settings_uses_those_of_the_params(case):
    net, model = built(case, temperature=0.5, top_k=3, top_p=0.9, length=4, seed=7)
    [answer] = answers(case, net, model, ["the"])
    assert answer == {
        "prompt": "the", "text": answer["text"], "temperature": 0.5, "top_k": 3, "top_p": 0.9, "length": 4,
        "seed": 7,
    }  # fmt: skip
    assert len(answer["text"]) == 4


@pytest.mark.parametrize("prompt", ["", "€ unknown €", "\n\n"])
def test_every_prompt_is_continued_and_the_unknown_token_never_generated(case, prompt):
    net, model = built(case)
    [answer] = answers(case, net, model, to_json({"prompt": prompt, "temperature": 10.0, "length": 400}))
    assert set(answer["text"]) <= set(VERSE)
    assert len(answer["text"]) == 400


@pytest.mark.parametrize("tokens", ["character", "bpe"])
@pytest.mark.parametrize("length", [1, 8, 9, 50])
def test_the_concatenated_pieces_of_a_stream_are_the_answer(tokens, length):
    found = encoded(tokens=tokens, passage=30)
    net, model = built(found)
    inputs = to_json({"prompt": "the naïve 漢", "temperature": 2.0, "length": length})
    pieces = list(net.stream(model, endpoint_of(found[0]).parse(inputs, found[2]), found[2]))
    assert "".join(pieces) == answers(found, net, model, inputs)[0]["text"]
    if length == 50:
        assert len(pieces) > 3


def test_there_is_one_sample_per_temperature(case):
    net, model = built(case)
    found = net.generated_samples(model, case[2])
    assert found["temperature"].tolist() == ["0.2", "0.5", "1", "1.2"]
    assert found["text"].str.startswith(case[2]["example"]).all()
    assert found["text"].nunique() > 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"stateful": True}, "carries no state"), ({"stateful": False, "heads": 3}, "multiple of heads")],
)
def test_an_invalid_transformer_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        network(kind="transformer", **changed)


def test_interrupted_and_resumed_training_ends_with_the_same_weights(case, tmp_path):
    from dataclasses import replace

    from seqops.core.settings import Decay, FitConfig
    from seqops.training.loop import train

    dataset, splits, meta = case
    fit_config = FitConfig(
        seed=0, epochs=4, batch_size=4, learning_rate=0.01, decay=Decay("none", 1.0), warmup_steps=0,
        weight_decay=0.0, clip_norm=1.0, patience=9, validation_rows=5,
    )  # fmt: skip
    net = network(dropout=0.2)
    whole = train(net, metrics_of(dataset), splits, meta, fit_config).model.get_weights()
    train(net, metrics_of(dataset), splits, meta, replace(fit_config, epochs=2), tmp_path / "fit.npz")
    resumed = train(
        net, metrics_of(dataset), splits, meta, fit_config, tmp_path / "fit.npz"
    ).model.get_weights()
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_generation_is_a_hundred_times_faster_than_encoding_the_window_for_each_character(case):
    """Per character: from the carried state, and with `model.predict` on the last 60 characters."""
    import time

    net, model = built(case, units=128, embedding=32)
    rows = endpoint_of(case[0]).parse(to_json({"prompt": "the cat", "length": 2000}), case[2])
    window = keras.Sequential([keras.layers.Embedding(case[2]["size"], 32), keras.layers.LSTM(128)])
    window.add(keras.layers.Dense(case[2]["size"]))
    ids = np.full((1, 60), 3, np.int32)

    def seconds(run, characters):
        run()
        started = time.perf_counter()
        run()
        return (time.perf_counter() - started) / characters

    def recompute():
        for _ in range(20):
            window.predict(ids, verbose=0)

    ratio = seconds(recompute, 20) / seconds(lambda: net.predict(model, rows, case[2]), 2000)
    assert ratio > 100, f"{ratio:.0f} times"
