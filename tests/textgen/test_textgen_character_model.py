"""Kneser-Ney n-grams as the model: rows, tokens, sampling and writing, and what the weights file keeps."""

import math

import numpy as np
import pandas as pd
import pytest
from texts import VERSE, task

from parts import endpoint_of, metrics_of
from seqops.core.files import sha256_of
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.model.character_model import CharacterModel, KneserNey, _of_tokens
from seqops.tasks.textgen.model.kneser_ney import KneserNeyTables
from seqops.tasks.textgen.model.writing import Sampling

MODEL = KneserNey(temperature=0.7, top_k=0, top_p=0.95, length=20, seed=0)
TEXT = VERSE * 12 + "the cat saw € and the € sat.\n" * 2 + VERSE * 6


@pytest.fixture(scope="module", params=["character", "bpe"])
def case(request):
    made = task(tokens=request.param)
    lines = TEXT.splitlines(keepends=True)
    splits, meta = made.split_and_encode(pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines}))
    return made, splits, meta, MODEL.fit(metrics_of(made), splits, meta)


def test_the_next_symbol_after_what_was_read_is_that_of_the_running_text():
    text = np.random.default_rng(0).integers(0, 4, 300)
    tables, history, ranks = KneserNeyTables.count(text, 3, 4), [2, 4, 0, 3, 1, 2], [0]
    for place, symbol in enumerate(history):
        found = tables.next_symbol(ranks)
        expected = [tables.probabilities(np.array([*history[:place], s]))[-1] for s in range(5)]
        assert found.tolist() == pytest.approx(expected, rel=1e-12)
        assert found.sum() == pytest.approx(1.0)
        ranks = tables.read(symbol, ranks)


def test_no_row_sees_the_row_before_it():
    model = CharacterModel.fit(VERSE * 4, VERSE)
    alone = model.nats("at sat", "the c")
    beside, after = model.nats_of_rows(["the c", "at sat"], ["", "the c"])
    assert after.tolist() == alone.tolist()
    assert beside.tolist() == model.nats("the c").tolist()
    assert model.nats("at sat")[0] != alone[0]


def test_the_nats_of_a_token_are_those_of_the_characters_that_end_in_it():
    class Bytes:
        """Tokens of two bytes."""

        def encode(self, text):
            return np.zeros(len(text.encode()) // 2, np.int32)

        def byte_lengths(self, text, ids):
            return np.full(len(ids), 2)

    # a takes byte 1, é bytes 2 and 3, b byte 4
    assert _of_tokens("aéb", np.array([1.0, 2.0, 4.0]), Bytes()).tolist() == [1.0, 6.0]


def test_passages_have_the_nats_of_their_characters_whatever_the_tokens(case):
    _, splits, meta, model = case
    test = splits["test"]
    predicted = MODEL.predict(model, test, meta)
    texts, contexts = test.ragged("text").texts(), test.ragged("context").texts()
    row = len(texts) // 2
    nats = predicted["nats"][row]
    assert nats == pytest.approx(model.nats(texts[row], contexts[row]).sum())
    assert [len(each) for each in predicted["each"]] == test.plain("scored").tolist()
    assert sum(predicted["each"][row]) == pytest.approx(nats)


def test_saved_weights_predict_and_write_the_same_and_two_fits_have_equal_bytes(case, tmp_path):
    made, splits, meta, model = case
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    MODEL.save(model, one)
    MODEL.save(MODEL.fit(metrics_of(made), splits, meta), two)
    assert sha256_of(one) == sha256_of(two)
    loaded = MODEL.load(one, meta)
    requests = endpoint_of(made).parse(['{"prompt": "the cat", "seed": 3}', "€"], meta)
    for rows in (splits["test"], requests):
        assert MODEL.predict(loaded, rows, meta).to_json() == MODEL.predict(model, rows, meta).to_json()


def test_a_stream_writes_the_text_of_the_request_in_pieces(case):
    made, _, meta, model = case
    requests = endpoint_of(made).parse(['{"prompt": "the cat", "seed": 3, "length": 21}'], meta)
    whole = MODEL.predict(model, requests, meta)
    pieces = list(MODEL.stream(model, requests, meta))
    assert [len(piece) for piece in pieces] == [8, 8, 5]
    assert "".join(pieces) == whole["text"][0]
    assert whole[["temperature", "seed", "length"]].iloc[0].tolist() == [0.7, 3, 21]


def test_the_likeliest_characters_continue_a_text_known_by_heart():
    model = CharacterModel.fit("abcd" * 50, "abcd" * 4)
    written = model.write("xxab", np.zeros(6), Sampling(0.0, 0, 1.0))
    assert "".join(written) == "cdabcd"


@pytest.mark.parametrize(
    ("sampling", "uniform", "expected"),
    [
        (Sampling(0.0, 0, 1.0), 0.99, 2),  # the likeliest
        (Sampling(1e-310, 0, 1.0), 0.99, 2),
        (Sampling(1.0, 0, 1.0), 0.49, 2),
        (Sampling(1.0, 0, 1.0), 0.51, 0),  # of 0.5, 0.3 and 0.2
        (Sampling(1.0, 0, 1.0), 0.99, 1),
        (Sampling(1.0, 2, 1.0), 0.99, 0),  # of 5 / 8 and 3 / 8
        (Sampling(1.0, 0, 0.6), 0.99, 0),  # two reach 0.6
        (Sampling(1.0, 0, 0.4), 0.99, 2),
        (Sampling(0.5, 0, 1.0), 0.64, 2),  # 25 of 38
        (Sampling(0.5, 0, 1.0), 0.67, 0),
    ],
)
def test_a_number_chooses_among_ranked_symbols(sampling, uniform, expected):
    assert sampling.choose(np.array([0.3, 0.2, 0.5]), uniform) == expected


def test_any_character_has_a_probability_and_none_that_is_unknown_is_written():
    model = CharacterModel.fit(VERSE * 4, VERSE)
    others = 0x110000 - 0x800 - len(set(VERSE))
    assert model.nats("€")[0] > math.log(others)
    written = "".join(model.write("€", np.random.default_rng(0).random(200), Sampling(1.0, 0, 1.0)))
    assert set(written) <= set(VERSE)
    assert tokenizer.BREAK in VERSE
