"""Splits by source, vocabularies from training rows only, baselines, slices, requests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import PAIRS, task, to_tsv, write_file

from parts import endpoint_of, evaluation_of
from seqops.core.errors import DataError
from seqops.preprocessing.subwords import END, START, Subwords
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.translation.data.encoding import keys_of
from seqops.tasks.translation.evaluation import plots
from seqops.tasks.translation.evaluation.baselines import learn_dictionary, nearest, word_by_word

SENTENCES = ["I see the house.", "You see the car.", "The house is red.", "The car is new."]
TRANSLATIONS = ["Veo la casa.", "Ves el coche.", "La casa es roja.", "El coche es nuevo."]


def unmet_expectations(table: pd.DataFrame, **changed: object) -> list[str]:
    from seqops.validation import run_expectations

    data = task(**changed)
    report = run_expectations(data.with_checked_columns(table), data.expectations())
    return [o.expectation.meaning for o in report.results if not o.passed]


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> pd.DataFrame:
    """Numbered sentences with two translations each, one of them for a trivial variant of the source."""
    pairs = [
        pair
        for n in range(200)
        for pair in ((f"House {n} is red.", f"La casa {n} es roja."), (f"house  {n} is RED.", f"Casa {n}."))
    ]
    return task().read([write_file(tmp_path_factory.mktemp("pairs"), to_tsv(pairs))])


def test_no_source_occurs_in_two_splits(table) -> None:
    checked = task().with_checked_columns(table)
    assert (
        checked.groupby(table["source"].str.casefold().str.split().str.join(" "))["split"].nunique().max()
        == 1
    )
    shares = checked["split"].value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.3, abs=0.08)
    assert shares["validation"] == pytest.approx(0.2, abs=0.08)


def test_the_split_of_a_row_depends_only_on_its_source(table) -> None:
    reversed_ = table.iloc[::-1]
    np.testing.assert_array_equal(task().assign_splits(reversed_), task().assign_splits(table)[::-1])


def test_held_out_rows_have_all_references_of_a_source(table) -> None:
    splits, _ = task().split_and_encode(table)
    for name in ("validation", "test"):
        references = [text.split("\n") for text in splits[name].ragged("references").texts()]
        assert {len(row) for row in references} == {2}
        assert all(row[1] in row[0].replace("La casa", "Casa").replace(" es roja", "") for row in references)
    assert len(splits["train"]) == (task().assign_splits(table) == "train").sum()


def test_held_out_sources_with_a_reference_that_is_a_training_target_are_flagged_and_counted() -> None:
    data = task()
    sources = [f"sentence {i}" for i in range(400)]
    splits = data.assign_splits(pd.DataFrame({"source": sources, "target": sources}))
    trained, tested = (int(np.flatnonzero(splits == name)[0]) for name in ("train", "test"))
    targets = [f"frase {i}" for i in range(400)]
    targets[tested] = f" FRASE  {trained}"
    whole = pd.DataFrame({"line": range(1, 401), "source": sources, "target": targets})
    encoded, meta = data.split_and_encode(whole)
    known = encoded["test"].plain("known_reference")
    assert encoded["test"].ragged("source_text").texts()[int(np.flatnonzero(known)[0])] == sources[tested]
    assert known.sum() == 1
    assert not encoded["train"].plain("known_reference").any()
    counted = data.leakage(data.with_checked_columns(whole))
    assert counted["test rows with a reference that is a training target"] == 1
    assert counted["validation rows with a reference that is a training target"] == 0
    mask = evaluation_of(data).slices(encoded["test"], meta)["without references that are training targets"]
    np.testing.assert_array_equal(mask, ~known)


def test_held_out_sources_near_to_training_are_flagged_and_counted(table) -> None:
    data = task()
    splits, meta = data.split_and_encode(table)
    checked = data.with_checked_columns(table)
    for name in ("validation", "test"):
        part = checked[checked["split"] == name]
        first = ~pd.Series(keys_of(part), part.index).duplicated()
        near = splits[name].plain("near")
        np.testing.assert_array_equal(near, part["near"][first])
        assert data.leakage(checked)[f"{name} rows with a near-duplicate in training"] == near.sum() > 0
    assert not splits["train"].plain("near").any()
    mask = evaluation_of(data).slices(splits["test"], meta)["without near-duplicates"]
    np.testing.assert_array_equal(mask, ~splits["test"].plain("near"))


def test_subwords_are_learnt_from_training_rows_only(table) -> None:
    held_out = task().assign_splits(table) != "train"
    changed = table.assign(target=table["target"].where(~held_out, "Zzzz zzzz zzzz."))
    assert task().split_and_encode(table)[1]["target"] == task().split_and_encode(changed)[1]["target"]


def test_rows_end_with_the_end_token_and_decode_to_the_text(table) -> None:
    splits, meta = task().split_and_encode(table)
    target = splits["train"].ragged("target")
    assert all(target[i][-1] == END for i in range(len(target)))
    texts = Subwords(meta["target"]).decode(target[i] for i in range(3))
    assert texts == [text.split("\n")[0] for text in splits["train"].ragged("references").texts()[:3]]


def test_a_joint_vocabulary_is_shared(table) -> None:
    _, joint = task(joint=True).split_and_encode(table)
    _, separate = task().split_and_encode(table)
    assert joint["source"] == joint["target"]
    assert separate["source"] != separate["target"]


@pytest.mark.parametrize(
    ("change", "expectation"),
    [
        (lambda t: pd.concat([t, t.iloc[:60]]), "at most 10% of the pairs occur before"),
        (lambda t: t.assign(source=["word " * 10_000, *t["source"][1:]]), "no source sentence is longer"),
        (lambda t: t.assign(target=["word " * 10_000, *t["target"][1:]]), "no target sentence is longer"),
        (lambda t: t.iloc[:50], "at least 100 pairs"),
        (lambda t: t.assign(source="One sentence."), "every split has sources"),
    ],
    ids=["duplicate", "10,000 words", "10,000 words of target", "few", "no test rows"],
)
def test_an_invalid_table_does_not_meet_the_expectation(table, change, expectation) -> None:
    assert unmet_expectations(table, min_rows=100) == []
    assert any(expectation in meaning for meaning in unmet_expectations(change(table), min_rows=100))


def test_a_pair_that_occurs_before_is_left_out_and_counted(table) -> None:
    whole = pd.concat([table, table.iloc[:3]], ignore_index=True)
    checked = task().with_checked_columns(whole)
    assert checked["split"].tolist() == [*task().assign_splits(table), *["unused"] * 3]
    assert unmet_expectations(whole) == []
    assert "3 pairs occur before, and are left out" in task().remarks(checked)
    ours, theirs = task().split_and_encode(whole), task().split_and_encode(table)
    assert [len(split) for split in ours[0].values()] == [len(split) for split in theirs[0].values()]
    assert ours[1] == theirs[1]


def test_the_direction_and_untranslated_targets_are_said() -> None:
    table = pd.DataFrame({"line": [2, 3], "source": ["Go.", "Hi."], "target": ["Ve.", "Hi."]})
    assert task().remarks(task().with_checked_columns(table)) == [
        "2 pairs, from 'Go.' to 'Ve.'",
        "line 1 names the columns, and is left out",
        "1 targets are equal to their source: untranslated?",
    ]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_subwords_encode_and_decode_every_text(texts: list[str]) -> None:
    subwords = Subwords(SUBWORDS)
    assert subwords.decode(subwords.encode(texts)) == texts


SUBWORDS = Subwords.train([target for _, target in PAIRS], 300).json


def test_subwords_have_the_requested_size_and_do_not_use_the_special_tokens() -> None:
    subwords = Subwords(SUBWORDS)
    assert 256 < len(subwords) <= 300
    assert min(subwords.encode(["Veo la casa."])[0]) > max(PAD, START, END)
    assert subwords.pieces([START, *subwords.encode(["la"])[0], END, PAD])[-2:] == ["</s>", "<pad>"]


def test_the_dictionary_learns_word_translations() -> None:
    dictionary = learn_dictionary(SENTENCES, TRANSLATIONS)
    assert {word: dictionary[word] for word in ("house", "car", "red", "new")} == {
        "house": "casa",
        "car": "coche",
        "red": "roja",
        "new": "nuevo",
    }


def test_word_by_word_keeps_unknown_words_and_uses_spanish_punctuation() -> None:
    assert word_by_word("see Boston now!", {"see": "veo", "!": "!"}) == "Veo Boston now!"
    assert word_by_word("why", {"why": "¿ por qué ?"}) == "¿Por qué?"


def test_the_nearest_neighbour_baseline_returns_its_translation() -> None:
    assert nearest(SENTENCES, TRANSLATIONS, ["I see the house", "A new car"]) == [
        TRANSLATIONS[0],
        TRANSLATIONS[3],
    ]


def test_slices_by_length_and_by_unseen_words() -> None:
    masks = plots.slices(["Go now.", "I see the big red house."], {"go", "now", ".", "i", "see", "the"})
    assert masks["1-4 words"].tolist() == [True, False]
    assert masks["5-8 words"].tolist() == [False, True]
    assert masks["unseen word"].tolist() == [False, True]
    assert masks["all words seen"].tolist() == [True, False]


def test_requests_are_encoded_like_training_rows(table) -> None:
    splits, meta = task().split_and_encode(table)
    train = splits["train"]
    requested = endpoint_of(task()).parse([train.ragged("source_text").texts()[0]], meta)
    np.testing.assert_array_equal(requested.ragged("source")[0], train.ragged("source")[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "input 2 is empty"),
        ("a" * 101, "input 2 has 101 char"),
        ("a\ud800", "input 2 is not valid Unicode"),
    ],
)
def test_an_unusable_request_is_refused(table, text, message) -> None:
    _, meta = task().split_and_encode(table)
    with pytest.raises(DataError, match=message):
        endpoint_of(task()).parse(["Fine.", text], meta)


def test_answers_have_the_translation_and_its_alternatives() -> None:
    predicted = pd.DataFrame({"nbest": [["Ve.", "Vete."]], "nbest_scores": [[-0.1, -0.4]]})
    assert endpoint_of(task()).respond(predicted, ["Go."], {}) == [
        {"source": "Go.", "translation": "Ve.", "alternatives": [{"text": "Vete.", "score": -0.4}]}
    ]


def test_the_test_split_of_the_sample_has_names_absent_from_training(tmp_path) -> None:
    data = task(vocabulary=600, test_share=0.12, validation_share=0.06)
    table = data.read([write_file(tmp_path, data.sample()["pairs.tsv"])])
    split = data.assign_splits(table)
    words = {w for text in table["source"][split == "train"] for w in text.split()}
    unseen = [text for text in table["source"][split == "test"] if set(text.split()) - words]
    assert len(table) == pytest.approx(3000, rel=0.05)
    assert len(unseen) >= 3
    assert table.groupby("source").size().max() > 1
