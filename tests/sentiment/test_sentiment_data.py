"""The sentiment data: disjoint splits, subsets of labels, encoding, requests and answers."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from sentiment_task import encode_sample, first, table, task, write_file
from sklearn.feature_extraction.text import TfidfTransformer

from parts import endpoint_of, evaluation_of, metrics_of
from seqops.core.errors import ConfigError, DataError
from seqops.evaluation import class_baselines
from seqops.preprocessing import few_labels, near_duplicates
from seqops.preprocessing.splitting import normalize_text
from seqops.preprocessing.subwords import Subwords
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.sentiment.data.encoding import (
    NgramTokenizer,
    TextEncoder,
    fit_text_encoding,
    labelled,
    weighted,
)
from seqops.validation import run_expectations

TEXTS = [f"text {i % 60}" for i in range(120)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return encode_sample(tmp_path_factory.mktemp("raw"))


# --- splits


def test_equal_texts_stay_together_ignoring_case_and_whitespace():
    rows = table([*TEXTS, *(f" TEXT \t {i} " for i in range(60))])
    split = task().assign_splits(rows)
    keys = rows["text"].map(normalize_text)
    assert keys.nunique() == 60
    assert pd.Series(split).groupby(keys).nunique().max() == 1
    assert set(split) == {"train", "validation", "test"}


def test_near_duplicates_stay_together_with_their_groups():
    texts = [f"{i:02d} is the number of this long text" for i in range(60)]
    others = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(60)]
    rows = table([*texts, *others], groups=["", *(f"g{i}" for i in range(1, 60)), *[""] * 60])
    assert len(set(task(split="near", test=0.3).assign_splits(rows)[:60])) == 1
    assert len(set(task(split="grouped", test=0.3).assign_splits(rows)[:60])) == 3


def test_validation_counts_held_out_texts_with_a_near_duplicate_in_training():
    checked = task().with_checked_columns(
        table([f"{i:02d} is the number of this long text" for i in range(60)])
    )
    assert task().leakage(checked) == {
        "validation rows with a near-duplicate in training": (checked["split"] == "validation").sum(),
        "test rows with a near-duplicate in training": (checked["split"] == "test").sum(),
    }


def test_groups_stay_together_and_a_text_in_two_groups_is_kept_in_the_held_out_one():
    groups = [f"g{i // 4}" for i in range(120)]
    rows = table([f"text {i // 2}" if i % 12 else "the same" for i in range(120)], groups=groups)
    split = task().assign_splits(rows)
    used = split != "unused"
    assert pd.Series(split[used]).groupby(np.array(groups)[used]).nunique().max() == 1
    assert pd.Series(split[used]).groupby(rows["text"][used].to_numpy()).nunique().max() == 1
    assert (split == "unused").any()
    assert set(rows["text"][~used]) == {"the same"}
    assert "the same" in set(rows["text"][split == "test"])


def test_the_published_test_split_is_complete_and_training_has_none_of_its_texts():
    rows = table([f"text {i}" for i in range(40)])
    rows["published"] = ["train"] * 30 + ["test"] * 10
    rows.loc[:4, "text"] = [f"TEXT  {i}" for i in range(35, 40)]
    split = task(split="published").assign_splits(rows)
    assert (split[30:] == "test").all()
    assert (split[:5] == "unused").all()
    assert set(split[5:30]) == {"train", "validation"}


def test_a_published_validation_split_is_used_as_it_is():
    rows = table([f"text {i}" for i in range(40)])
    rows["published"] = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    rows.loc[0, "text"], rows.loc[1, "text"] = "TEXT 25", "text  35"
    split = task(split="published").assign_splits(rows)
    assert split.tolist() == ["unused"] * 2 + ["train"] * 18 + ["validation"] * 10 + ["test"] * 10


def test_files_without_a_published_split_cannot_use_it():
    with pytest.raises(DataError, match=r"Set data\.split to grouped"):
        task(split="published").assign_splits(table(TEXTS))


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_texts_for_three_splits_are_refused(rows):
    with pytest.raises(DataError, match=f"{rows} texts are too few: no rows for"):
        task().assign_splits(table(TEXTS[:rows]))


def test_an_empty_text_is_unused():
    rows = table([*TEXTS, " "])
    assert task().assign_splits(rows)[-1] == "unused"


# --- subsets of labels


def test_subsets_of_labels_are_stratified_and_nested():
    labels = np.array([0] * 90 + [1] * 10, np.int32)
    few, more = (few_labels.kept(labels, n, seed=0) for n in (20, 50))
    assert (few.sum(), more.sum()) == (20, 50)
    assert (few[90:].sum(), more[90:].sum()) == (2, 5)
    assert more[few].all()
    assert few_labels.kept(labels, 0, 0).all()
    assert few_labels.kept(labels, 1000, 0).all()
    assert (few_labels.kept(labels, 20, 1) != few).any()


def test_unlabelled_rows_stay_in_training_and_only_their_label_changes(tmp_path):
    _, whole, meta = encode_sample(tmp_path)
    _, part, same = encode_sample(tmp_path, max_labelled=100)
    assert same == meta
    known = part["train"].plain("label") >= 0
    assert known.sum() == 100
    assert len(part["train"]) == len(whole["train"])
    assert (part["train"].plain("label")[known] == whole["train"].plain("label")[known]).all()
    for name in ("validation", "test"):
        assert (part[name].plain("label") == whole[name].plain("label")).all()


def test_rows_of_a_group_or_of_one_text_are_one_unit_of_the_score():
    rows = table(["a", "b", "c", "d", "e", "E "], groups=["1", "1", "2", "", "", ""])
    data = task(min_count=1)
    split = np.array(["test", "test", "test", "train", "test", "test"])
    meta = data.fit_encoding(rows, np.where(split == "test", "train", split))
    rows = pd.concat([rows, rows.iloc[:1]], ignore_index=True)
    truth = data.encode(rows, np.append(split, "validation"), meta)["test"]
    predicted = pd.DataFrame({"label": truth.plain("label"), "probabilities": [[0.5, 0.5]] * len(truth)})
    score = metrics_of(data).score(predicted, truth, meta)[0]
    assert score.unit_of_row().tolist() == [0, 0, 1, 2, 2]
    assert score.by_unit().sum(axis=1).tolist() == [2, 1, 2]


# --- expectations


def unmet_expectations(rows, **changed):
    data = task(min_rows=1, **changed)
    report = run_expectations(data.with_checked_columns(rows), data.expectations())
    return [o.expectation.meaning for o in report.results if not o.passed]


def test_valid_texts_meet_every_expectation():
    assert unmet_expectations(table([f"text {i}" for i in range(120)])) == []


def test_a_single_label_is_refused():
    rows = table([f"text {i}" for i in range(120)], ["positive"] * 120)
    assert unmet_expectations(rows) == ["every label occurs in training: negative, positive (data.labels)"]


def test_a_label_absent_from_training_is_refused():
    rows = table([f"text {i}" for i in range(120)], ["positive"] * 120)
    rows.loc[task().assign_splits(rows) == "test", "label"] = "negative"
    assert unmet_expectations(rows) == ["every label occurs in training: negative, positive (data.labels)"]


def test_empty_and_overlong_texts_are_refused():
    rows = table([*(f"text {i}" for i in range(120)), "", "x" * 200])
    assert unmet_expectations(rows, max_chars=100) == [
        "no text is empty (up to one in 1,000 is tolerated and left out)",
        "no text is longer than 100 characters (data.max_chars)",
    ]


def test_equal_texts_with_different_labels_are_reported():
    rows = table([f"text {i}" for i in range(100)] * 2, (["negative", "positive"] * 100))
    rows.loc[:9, "label"] = "positive"  # five of the first ten were negative
    assert unmet_expectations(rows, min_label_agreement=0.95) == []
    assert unmet_expectations(rows, min_label_agreement=0.96) == [
        "equal texts have equal labels, in 96% of the rows (data.min_label_agreement)"
    ]


# --- encoding


def test_subwords_are_learnt_from_training_texts_and_spell_every_word(tmp_path):
    data = task(tokens="bpe", vocabulary=300, max_length=12, reviews=300)
    rows = data.read([write_file(tmp_path / "sample.tsv", data.sample()["sample.tsv"])])
    splits, meta = data.split_and_encode(rows)
    assert meta["subwords"]["size"] == 300
    subwords = Subwords(meta["subwords"]["json"])
    texts, ids = splits["test"].ragged("texts").texts(), splits["test"].ragged("subwords")
    for text, row in zip(texts[:20], ids, strict=False):
        [whole] = subwords.encode([text.lower()])
        assert row.tolist() == whole[:12]
    unseen = data.encoder(meta).encode(["QUIXOTIC<br />tale"])
    assert subwords.decode([unseen.ragged("subwords")[0]]) == ["quixotic tale"]
    assert endpoint_of(data).unknown_words(["quixotic"], meta) == []
    # the words stay: slices and drift are about them
    assert len(splits["test"].ragged("words")) == len(ids)


def test_without_subwords_a_text_is_encoded_as_words_alone(tmp_path):
    data = task(reviews=300)
    rows = data.read([write_file(tmp_path / "sample.tsv", data.sample()["sample.tsv"])])
    splits, meta = data.split_and_encode(rows)
    assert "subwords" not in meta
    assert "subwords" not in splits["test"].columns
    assert endpoint_of(data).unknown_words(["quixotic"], meta) == ["quixotic"]


def test_subwords_without_a_model_that_reads_them_are_refused():
    with pytest.raises(ConfigError, match=r"data\.vectors are those of words\. Set data\.tokens to word"):
        task(tokens="bpe", vectors="glove.txt")
    with pytest.raises(ConfigError, match=r"model\.kind tfidf reads no subwords\. Set data\.tokens to word"):
        task(tokens="bpe").check_model({"kind": "tfidf"})
    task(tokens="bpe").check_model({"kind": "lm"})


def test_tokens_and_terms_by_hand():
    tokenizer = NgramTokenizer(lowercase=True, ngrams=2, stop_words="none")
    tokens = tokenizer.tokens("It isn't<br /><br />GOOD, it's 1st-rate!")
    assert tokens == ["it", "isn't", "good", ",", "it's", "1st", "-", "rate", "!"]
    assert tokenizer.terms(tokens)[6:] == ["it isn't", "isn't good", "good it's", "it's 1st", "1st rate"]
    assert NgramTokenizer(False, 1, "english").terms(["The", "the", "not", "film"]) == ["The", "film"]


def test_idf_and_weights_equal_those_of_scikit_learn():
    texts = ["good good film", "bad film", "film"]
    tokenizer = NgramTokenizer(True, 1, "none")
    meta = fit_text_encoding(texts, tokenizer, min_count=1, vocabulary=10, features=10)
    assert meta["terms"] == ["film", "bad", "good"]
    split = TextEncoder.from_meta(tokenizer, 10, meta).encode([*texts, "unheard"])
    counts = np.array([[1, 0, 2], [1, 1, 0], [1, 0, 0]])
    expected = TfidfTransformer().fit_transform(counts).toarray()
    ours, weights = np.zeros((4, 3)), weighted(split, meta)
    rows = np.repeat(np.arange(4), weights.lengths)
    ours[rows, split.ragged("terms").values - 1] = weights.values
    np.testing.assert_allclose(ours, [*expected, [0, 0, 0]], rtol=1e-6)
    assert weighted(split, meta).lengths.tolist() == [2, 2, 1, 0]


def test_rare_words_are_unknown_and_only_the_most_frequent_are_kept():
    meta = fit_text_encoding(
        ["a b c", "a b", "a"], NgramTokenizer(True, 1, "none"), min_count=2, vocabulary=1, features=1
    )
    assert meta["words"] == ["<pad>", "<unk>", "a"]
    assert meta["terms"] == ["a"]


def test_a_text_is_truncated_and_one_of_only_markup_is_unknown():
    tokenizer = NgramTokenizer(True, 1, "none")
    meta = fit_text_encoding(["a b c"], tokenizer, 1, 10, 10)
    split = TextEncoder.from_meta(tokenizer, 2, meta).encode(["a b c", "<br />"])
    assert [row.tolist() for row in (split.ragged("words")[i] for i in first(2))] == [[2, 3], [UNKNOWN]]
    assert split.ragged("terms").lengths.tolist() == [3, 0]


# --- baselines, requests, answers


def test_baselines_use_only_labelled_rows(sample):
    _, encoded, _ = sample
    train = encoded["train"].take(first(40))
    train.columns["label"][:30] = -1
    labels = labelled(train).plain("label")
    shares = class_baselines.shares_of(labels, 2)
    assert shares.tolist() == (np.bincount(train.plain("label")[30:], minlength=2) / 10).tolist()
    assert class_baselines.majority(labels, 3, 2)["label"].tolist() == [int(shares.argmax())] * 3
    drawn = class_baselines.prior(labels, 4000, 2, seed=0)["label"]
    assert drawn.mean() == pytest.approx(shares[1], abs=0.03)


def test_answers_have_the_most_probable_label(sample):
    _, _, meta = sample
    predicted = pd.DataFrame({"label": [1], "probabilities": [[0.25, 0.75]]})
    assert endpoint_of(task()).respond(predicted, ["Fine."], meta) == [
        {"text": "Fine.", "label": "positive", "probabilities": {"negative": 0.25, "positive": 0.75}}
    ]


@pytest.mark.parametrize(
    ("text", "message"), [(" ", "input 2 is empty"), ("x" * 200, "input 2 has 200 char")]
)
def test_unusable_inputs_are_refused_with_a_message(sample, text, message):
    with pytest.raises(DataError, match=message):
        endpoint_of(task(max_chars=100)).parse(["Fine.", text], sample[2])


def test_slices_by_negation_and_by_unknown_words():
    data = task(min_count=1)
    rows = table(["good film", "bad film", "film"] * 40)
    meta = data.fit_encoding(rows, np.full(120, "train"))
    truth = endpoint_of(data).parse(["a film", "good film", "Isn’t bad", "nothing notable"], meta)
    near = np.array([True, False, False, False])
    masks = evaluation_of(data).slices(near_duplicates.with_flags(truth, near), meta)
    assert masks["without near-duplicates"].tolist() == [False, True, True, True]
    assert masks["negation"].tolist() == [False, False, True, True]
    assert masks["unknown word"].tolist() == [True, False, True, True]


def test_names_and_labels_must_have_the_same_number_and_labels_be_unique():
    with pytest.raises(ConfigError, match=r"data\.names has 1 entries and data\.labels 2"):
        task(names=("good",))
    with pytest.raises(ConfigError, match="contains a label twice"):
        task(labels=("a", "a"))


def test_a_label_that_is_not_in_the_params_is_refused():
    rows = table(["a", "b"], ["positive", "mixed"])
    data = task(min_count=1)
    meta = data.fit_encoding(rows, np.array(["train", "train"]))
    with pytest.raises(DataError, match="the label 'mixed' is not one of negative, positive"):
        data.encode(rows, np.array(["train", "test"]), meta)


def test_the_sample_has_the_published_format_and_balanced_labels(tmp_path):
    data = task()
    rows = data.read([write_file(tmp_path / "s.tsv", data.sample()["sample.tsv"])])
    assert 1500 < len(rows) < 3500
    assert rows["label"].value_counts(normalize=True).min() > 0.4
    assert rows["group"].nunique() < len(rows)
