"""The NER data: splits, expectations, vocabularies, scores, requests and answers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from korean import CONLL, KLP, task, write_file
from sklearn.model_selection import train_test_split

from parts import endpoint_of, evaluation_of, metrics_of
from seqops.core.errors import DataError
from seqops.preprocessing.korean import Morpheme, morphemes, plain_jamo
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.ner.data.features import (
    CHARACTERS,
    WORD,
    WORD_POSITION,
    FeatureEncoder,
    TokenizedSentence,
    fit_vocabularies,
    tokenize,
    word_positions,
)


def table(texts: list[str], tags: list[list[str]] | None = None) -> pd.DataFrame:
    """Return sentences with one token per word."""
    rows = [text.split() for text in texts]
    return pd.DataFrame(
        {
            "line": range(1, len(rows) + 1),
            "text": texts,
            "tokens": rows,
            "pos": [["NNG"] * len(row) for row in rows],
            "words": [list(range(len(row))) for row in rows],
            "tags": tags or [["O"] * len(row) for row in rows],
            "starts": [[] for _ in rows],
            "ends": [[] for _ in rows],
            "types": [[] for _ in rows],
            "aligned": True,
        }
    )


TEXTS = [f"문장 {i % 30}" for i in range(60)]


def test_the_published_split_equals_that_of_scikit_learn() -> None:
    split = task(split="published", test=0.2).assign_splits(table(TEXTS))
    _, expected = train_test_split(np.arange(60), test_size=0.2, random_state=0)
    assert sorted(np.flatnonzero(split == "test")) == sorted(expected)


@pytest.mark.parametrize("kind", ["published", "grouped"])
def test_validation_shares_no_text_with_training(kind: str) -> None:
    rows = table(TEXTS)
    split = task(split=kind).assign_splits(rows)
    texts = {name: set(rows["text"][split == name]) for name in ("train", "validation", "test")}
    assert not texts["train"] & texts["validation"]
    assert all(texts.values())
    if kind == "grouped":
        assert not texts["test"] & (texts["train"] | texts["validation"])


def test_near_duplicates_stay_together_if_the_split_says_so() -> None:
    hexadecimal = [hashlib.sha256(bytes([i])).hexdigest() for i in range(30)]
    rows = table([f"{text} {letter}" for text in hexadecimal for letter in "ab"])
    near = task(split="near", test=0.3).assign_splits(rows)
    assert (near[::2] == near[1::2]).all()
    grouped = task(split="grouped", test=0.3).assign_splits(rows)
    assert not (grouped[::2] == grouped[1::2]).all()


@pytest.mark.parametrize("kind", ["published", "grouped"])
@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_sentences_for_three_splits_are_refused(kind: str, rows: int) -> None:
    with pytest.raises(DataError, match=f"{rows} sentences are too few: no rows for"):
        task(split=kind).assign_splits(table(TEXTS[:rows]))


def test_the_checked_columns_have_the_first_broken_tag_and_the_first_unknown_type() -> None:
    rows = table(["a b", "c d", "e f"], [["B-OG", "I-PS"], ["B-XX", "Q"], ["O", "I"]])
    checked = task().with_checked_columns(rows)
    assert checked["broken_tag"].tolist() == ["I-PS", "Q", "I"]
    assert checked["unknown_type"].tolist() == ["", "XX", ""]


def test_texts_in_two_splits_are_marked_and_only_grouped_splits_forbid_them() -> None:
    checked = task(split="published").with_checked_columns(table(TEXTS))
    assert checked["straddles"].any()
    assert not task().with_checked_columns(table(TEXTS))["straddles"].any()
    expected = {e.arguments["column"] for e in task().expectations()}
    assert expected - {e.arguments["column"] for e in task(split="published").expectations()} == {"straddles"}


def test_invalid_rows_are_reported_with_their_lines() -> None:
    from seqops.validation import run_expectations

    tags = [["B-OG", "I-PS"], ["O"] * 101, ["B-XX"], *[["O", "O"]] * len(TEXTS)]
    rows = table(["가 나", "다 " * 101, "라", *TEXTS], tags)
    report = run_expectations(task().with_checked_columns(rows), task().expectations())
    found = {
        o.expectation.arguments["column"]: [r["line"] for r in o.rows] for o in report.results if not o.passed
    }
    assert found == {"length": [2], "broken_tag": [1], "unknown_type": [3]}


def test_jamo_are_normalized_as_in_the_corpus() -> None:
    assert plain_jamo("\u11ab") == "ㄴ"
    assert plain_jamo("\u11af\u11a8"[:1]) == "ㄹ"
    assert plain_jamo("하\u11ab") == "한"
    assert plain_jamo("\u1112\u1161\u11ab") == "한"


def test_kiwi_offsets_refer_to_the_text_even_if_morphemes_share_a_syllable() -> None:
    (found,) = morphemes(["😀 하늘이 갔다"])
    assert found[1:3] == [Morpheme("하늘", "NNG", 2, 4), Morpheme("이", "JKS", 4, 5)]
    assert [m.form for m in found if (m.start, m.end) == (6, 7)] == ["가", "었"]


def test_positions_within_a_word() -> None:
    assert word_positions([1, 1, 1, 2, 3, 3]).tolist() == [2, 3, 4, 1, 2, 4]
    assert word_positions([]).tolist() == []


def test_whitespace_tokens_separate_punctuation_and_have_offsets() -> None:
    (tokens,) = tokenize(["Oslo, 3pm"], "whitespace")
    assert tokens.forms == ["Oslo", ",", "3pm"]
    assert tokens.offsets == [(0, 4), (4, 5), (6, 9)]
    assert tokens.words == [0, 0, 1]


def test_words_absent_from_training_are_unknown() -> None:
    meta = fit_vocabularies([TokenizedSentence(["가나", "12"], ["NNG", "SN"], [1, 2])], min_count=1, width=3)
    features = FeatureEncoder.from_meta(meta).features(
        TokenizedSentence(["가나", "34", "다가가가"], ["NNG", "SN", "X"], [1, 1, 2])
    )
    assert features.shape == (3, CHARACTERS + 3)
    assert features[:, WORD].tolist() == [meta["words"].index("가나"), meta["words"].index("00"), UNKNOWN]
    assert features[:, WORD_POSITION].tolist() == [2, 4, 1]
    letter = meta["characters"].index("가")
    assert features[2, CHARACTERS:].tolist() == [UNKNOWN, letter, letter]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory):
    data = task()
    raw = write_file(tmp_path_factory.mktemp("raw"), data.sample()["sample.txt"])
    rows = data.read([raw])
    return data, rows, *data.split_and_encode(rows)


def test_the_sample_is_valid_and_deterministic(encoded) -> None:
    data, rows, _, _ = encoded
    assert data.sample() == data.sample()
    assert len(rows) == 40
    assert rows["aligned"].all()
    assert (data.with_checked_columns(rows)["broken_tag"] == "").all()
    assert {kind for row in rows["types"] for kind in row} == set(data.types)


def test_vocabularies_are_built_from_training_rows_only(encoded) -> None:
    data, rows, splits, meta = encoded
    training = rows[data.assign_splits(rows) == "train"]
    seen = {character for row in training["tokens"] for token in row for character in token}
    seen |= {c for tokens in tokenize(list(training["text"]), "kiwi") for form in tokens.forms for c in form}
    assert set(meta["characters"][2:]) == seen
    assert len(splits["train"]) == len(training)


def test_an_entity_of_an_unknown_type_is_refused(encoded) -> None:
    data, rows, _, meta = encoded
    fewer = {**meta, "types": ["PS"]}
    with pytest.raises(DataError, match=r"entity type DT is not in data\.types"):
        data.encode(rows, data.assign_splits(rows), fewer)


def test_equal_sentences_are_one_unit_of_the_score(encoded) -> None:
    data, rows, _, meta = encoded
    twice = pd.concat([rows.iloc[:3], rows.iloc[:1]], ignore_index=True)
    split = np.array(["test", "train", "validation", "test"])
    truth = data.encode(twice, split, meta)["test"]
    predicted = twice[split == "test"][["tags", "starts", "ends", "types"]].reset_index(drop=True)
    score = metrics_of(data).score(predicted, truth, meta)[0]
    assert (len(score.statistics), len(score.by_unit())) == (2, 1)


def test_the_true_labels_as_predictions_score_1(encoded) -> None:
    data, rows, splits, meta = encoded
    test = rows[data.assign_splits(rows) == "test"]
    predicted = test[["tags", "starts", "ends", "types"]].reset_index(drop=True)
    scores = {s.name: s.point() for s in metrics_of(data).score(predicted, splits["test"], meta)}
    assert {scores["f1"], scores["raw_f1"], scores["precision"], scores["raw_recall"]} == {1.0}
    shown = evaluation_of(data).examples(predicted, splits["test"], meta)
    assert (shown["truth"] == shown["predicted"]).all()
    names = [plot.name for plot in evaluation_of(data).plots(predicted, splits["test"], meta)]
    assert names == ["confusion", "by_type"]


def test_an_unaligned_sentence_is_excluded_from_the_raw_score(encoded) -> None:
    data, rows, _, _ = encoded
    changed = rows.copy()
    test = np.flatnonzero(data.assign_splits(rows) == "test")[0]
    for column, value in (("aligned", False), ("starts", []), ("ends", []), ("types", [])):
        changed[column] = [value if i == test else cell for i, cell in enumerate(changed[column])]
    splits, meta = data.split_and_encode(changed)
    predicted = rows.iloc[np.flatnonzero(data.assign_splits(rows) == "test")].reset_index(drop=True)
    scores = {s.name: s for s in metrics_of(data).score(predicted, splits["test"], meta)}
    assert scores["raw_f1"].statistics[0].tolist() == [0, 0, 0]
    assert meta["unaligned"] == 1
    [shown] = evaluation_of(data).tables(predicted, splits["test"], meta).values()
    marked = {"".join(text for text, _ in cell.parts) for cell in shown["text"]}
    assert marked and changed["text"][test] not in marked


def test_baselines_by_hand(tmp_path: Path) -> None:
    data = task(layout="conll", types=("PER", "LOC"), tokenizer="whitespace", tokens="corpus")
    rows = data.read([write_file(tmp_path, CONLL)])
    split = {"train": "Anna Berg visited Oslo .", "test": "It rained"}
    from seqops.tasks.ner.data import encoding
    from seqops.tasks.ner.evaluation import baselines

    whole = pd.concat([rows, rows.iloc[:1]]).reset_index(drop=True)
    names = np.array(["train", "train", "test"])
    assert split["test"] in set(rows["text"])
    meta = encoding.fit_views(whole[names == "train"], "corpus", "whitespace", 1, 4)
    meta |= {"types": ["PER", "LOC"], "tags": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]}
    both = encoding.encode(whole, names, "whitespace", meta)
    parts = {"train": both.take(np.array([0, 1])), "test": both.take(np.array([2]))}
    assert both.plain("leaked").tolist() == [False, False, True]
    assert baselines.longest_match(parts, meta)["tags"][0] == ["B-PER", "I-PER", "O", "B-LOC", "O"]
    assert baselines.usual_tag(parts, meta)["tags"][0] == ["B-PER", "I-PER", "O", "B-LOC", "O"]
    assert baselines.always_outside(parts["test"])["tags"][0] == ["O"] * 5


def test_requests_are_encoded_like_training_rows(encoded) -> None:
    data, rows, splits, meta = encoded
    texts = rows["text"][data.assign_splits(rows) == "test"].tolist()
    requested = endpoint_of(data).parse(texts, meta)
    for name in ("raw_features", "raw_offsets"):
        np.testing.assert_array_equal(requested.ragged(name).values, splits["test"].ragged(name).values)
    assert endpoint_of(data).example(meta) in set(rows["text"])


@pytest.mark.parametrize(("text", "message"), [("  ", "input 1 is empty"), ("말 " * 500, "maximum is 100")])
def test_an_unusable_request_is_refused(encoded, text: str, message: str) -> None:
    data, _, _, meta = encoded
    with pytest.raises(DataError, match=message):
        endpoint_of(data).parse([text], meta)


def test_offsets_in_answers_refer_to_the_nfc_text() -> None:
    predicted = pd.DataFrame({"starts": [[0, 3]], "ends": [[2, 4]], "types": [["LC", "PS"]]})
    (answer,) = endpoint_of(task()).respond(predicted, ["\u1112\u1161\u11ab강 가"], {})
    assert answer["text"] == "한강 가"
    assert answer["entities"] == [
        {"text": "한강", "type": "LC", "start": 0, "end": 2},
        {"text": "가", "type": "PS", "start": 3, "end": 4},
    ]


def test_a_table_read_back_from_parquet_is_encoded_the_same(tmp_path: Path) -> None:
    data = task(test=0.5, validation=0.5, seed=6)
    rows = data.read([write_file(tmp_path, KLP + "\n" + KLP.replace("하늘", "바다"))])
    rows.to_parquet(tmp_path / "table.parquet")
    splits, meta = data.split_and_encode(rows)
    restored, again = data.split_and_encode(pd.read_parquet(tmp_path / "table.parquet"))
    assert meta == again
    np.testing.assert_array_equal(
        splits["test"].ragged("spans").values, restored["test"].ragged("spans").values
    )
