"""From a file to rows: reading, splitting, tokens, passages, expectations and requests."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from texts import VERSE, task, write_file

from parts import endpoint_of, metrics_of
from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split
from seqops.tasks.textgen.data import tokenizer, windows
from seqops.tasks.textgen.data.reader import PIECE


def table_of(text: str) -> pd.DataFrame:
    lines = text.splitlines(keepends=True)
    return pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines})


def test_the_concatenated_rows_are_the_text(tmp_path):
    found = task().read([write_file(tmp_path, "\ufeffone\r\ntwo\rthree\n\nfive")])
    assert "".join(found["text"]) == "one\ntwo\nthree\n\nfive\n"
    assert found["line"].tolist() == [1, 2, 3, 4, 5]


def test_a_long_line_is_split_and_keeps_its_number(tmp_path):
    found = task().read([write_file(tmp_path, "a" * (PIECE + 5) + "\nb\n")])
    assert found["line"].tolist() == [1, 1, 2]
    assert found["text"].str.len().tolist() == [PIECE, 6, 2]


def test_invalid_bytes_are_refused_with_file_and_line(tmp_path):
    path = write_file(tmp_path, b"fine\nwerthsch\xe3\xa4tzung\n", "essay.txt")
    with pytest.raises(DataError, match=r"essay\.txt:2: byte 0xe3 is not UTF-8.*data\.encoding"):
        task().read([path])
    assert "ã¤" in task(encoding="windows-1252").read([path])["text"][1]


def test_form_feeds_between_pages_are_left_out(tmp_path):
    table = task().read([write_file(tmp_path, "one\n\ftwo\n\f\nthree\n")])
    assert table["text"].tolist() == ["one\n", "two\n", "\n", "three\n"]
    assert table["line"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("encoding", ["cp949", "euc-kr", "utf-16"])
def test_korean_in_its_own_encodings_is_read(tmp_path, encoding):
    path = tmp_path / "essay.txt"
    path.write_bytes("봄 저녁\n".encode(encoding))
    assert task(encoding=encoding).read([path])["text"].tolist() == ["봄 저녁\n"]


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_a_file_without_text_is_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"text\.txt: the file contains no text"):
        task().read([write_file(tmp_path, content)])


def test_splits_are_in_the_order_of_the_text():
    table = table_of("0123456789abcde\n" * 100)
    split = task(validation=0.05, test=0.1).assign_splits(table)
    assert split.tolist() == ["train"] * 85 + ["validation"] * 5 + ["test"] * 10


def test_a_text_too_short_to_split_is_refused():
    with pytest.raises(DataError, match="no text is left for validation"):
        task().split_and_encode(table_of("one line\n"))


def test_rare_characters_are_unknown_and_cost_a_choice_among_all_other_code_points():
    meta = tokenizer.fit_tokenizer("aab", "character", min_count=2, vocabulary=0)
    assert meta["vocabulary"] == ["<pad>", "<unk>", "a"]
    tokenizer_ = tokenizer.tokenizer_from_meta(meta)
    assert tokenizer_.encode("abz").tolist() == [2, 1, 1]
    assert tokenizer_.extra_nats.tolist() == [0.0, math.log(0x110000 - 0x800 - 1), 0.0]


def test_subwords_of_passages_equal_those_of_the_whole_text_and_decode_to_it():
    text = VERSE * 3 + "\n  indented — naïve 漢字\n\n\n"
    tokenizer_ = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer(VERSE, "bpe", 1, 320))
    parts = [text[a:b] for a, b in tokenizer.passages(text, 10)]
    assert "".join(parts) == text
    assert [i for part in parts for i in tokenizer_.encode(part)] == tokenizer_.encode(text).tolist()
    assert tokenizer.written(tokenizer_, tokenizer_.encode(text)) == text


def test_passages_end_between_words_or_at_twice_the_size():
    assert tokenizer.passages("ab cde f", 3) == [(0, 6), (6, 8)]
    assert tokenizer.passages("x" * 10, 3) == [(0, 6), (6, 10)]
    assert tokenizer.passages("", 3) == []


def test_windows_are_consecutive_and_predict_every_token_once():
    tokenizer_ = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer("abcde\n", "character", 1, 0))
    found = windows.windows("abcde", tokenizer_, 2)
    assert [
        tokenizer.written(tokenizer_, row) for row in map(found.ragged("tokens").__getitem__, range(3))
    ] == [
        "\nab",
        "bcd",
        "de",
    ]
    assert found.plain("start").tolist() == [0, 2, 4]
    assert tokenizer.written(tokenizer_, windows.stream(found)) == "\nabcde"


@pytest.mark.parametrize("kind", ["character", "bpe"])
def test_the_concatenated_windows_are_the_text_including_unknown_characters(kind):
    text = VERSE + "naïve €, 漢字 and 😀.\n"
    tokenizer_ = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer(VERSE, kind, 2, 320))
    found = windows.windows(text, tokenizer_, 7)
    assert windows.joined_text(found) == text
    assert windows.joined_text(found.take(np.array([0]))) == tokenizer.written(
        tokenizer_, found.ragged("tokens")[0][1:]
    )


def test_a_passage_has_the_preceding_text_as_context_and_only_its_own_tokens_are_scored():
    tokenizer_ = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer(VERSE, "character", 1, 0))
    found = windows.held_out("the cat sat ", "on the mat", tokenizer_, passage=4, context=6, known=set())
    assert found.ragged("text").texts() == ["on the", " mat"]
    assert found.ragged("context").texts() == [" sat ", " the"]
    assert found.plain("scored").tolist() == found.plain("characters").tolist() == [6, 4]
    assert tokenizer.written(tokenizer_, found.ragged("tokens")[1]) == "\n the mat"


def test_a_passage_that_contains_a_training_line_is_marked():
    line = "a line that is long enough not to occur by chance"
    tokenizer_ = tokenizer.tokenizer_from_meta(tokenizer.fit_tokenizer(line, "character", 1, 0))
    found = windows.held_out("x", f"\n{line}\n", tokenizer_, 100, 0, windows.long_lines(f"  {line}\n"))
    assert found.plain("leaked").tolist() == [True]


def unmet_expectations(text: str, **changed: object) -> list[str]:
    from seqops.validation import run_expectations

    dataset = task(**changed)
    report = run_expectations(dataset.with_checked_columns(table_of(text)), dataset.expectations())
    return [o.expectation.meaning for o in report.results if not o.passed]


def test_a_repeated_character_is_refused_with_a_clear_message():
    [broken] = unmet_expectations("aaaaaaaaa\n" * 50)
    assert (
        broken
        == "the text has at least 5 different characters (data.min_distinct_chars): fewer are not a language"
    )


def test_control_and_replacement_characters_are_refused():
    assert unmet_expectations(VERSE * 5) == []
    for character in ("\x00", "\x1b", "\ufffd"):
        [broken] = unmet_expectations(VERSE + f"a{character}b\n" + VERSE * 4)
        assert broken.startswith("no line has a control character")


def test_held_out_lines_copied_from_training_are_refused():
    lines = [f"line number {n} of a text that continues without an end\n" for n in range(20)]
    assert unmet_expectations("".join(lines)) == []
    [broken] = unmet_expectations("".join(lines[:10] * 2), max_copied_share=0.1)
    assert "at most 10%" in broken


def test_a_short_text_is_refused():
    assert "at least 1000 characters" in unmet_expectations(VERSE * 2, min_chars=1000)[0]


def test_scores_are_per_character_for_any_tokens():
    truth = Split({"characters": np.array([4, 6])})
    nats, bits = metrics_of(task()).score(pd.DataFrame({"nats": [2.0, 8.0]}), truth, {})
    assert nats.point() == pytest.approx(1.0)
    assert nats.each().tolist() == pytest.approx([0.5, 8 / 6])
    assert bits.point() == pytest.approx(1.0 / math.log(2))
    assert not nats.higher_is_better


META = {"tokens": "character", "vocabulary": ["<pad>", "<unk>", "\n", "a", "b"], "size": 5}


def test_a_plain_prompt_follows_a_line_break_and_uses_the_model_s_settings():
    found = endpoint_of(task()).parse(["ab?", '{"prompt": ""}'], META)
    assert [row.tolist() for row in map(found.ragged("tokens").__getitem__, range(2))] == [[2, 3, 4, 1], [2]]
    assert found.plain("temperature").tolist() == [-1.0, -1.0]


def test_an_empty_prompt_must_be_explicit():
    with pytest.raises(DataError, match=r'input 2 is empty\. Give a prompt, or \{"prompt": ""\}'):
        endpoint_of(task()).parse(["a", ""], META)


def test_an_object_sets_the_sampling_parameters():
    payload = {"prompt": "a", "temperature": 0, "top_k": 3, "top_p": 0.5, "length": 7, "seed": 9}
    found = endpoint_of(task()).parse([json.dumps(payload)], META)
    assert [found.plain(name)[0] for name in ("temperature", "top_k", "top_p", "length", "seed")] == [
        0.0, 3, 0.5, 7, 9,
    ]  # fmt: skip


def test_text_that_is_not_an_object_is_a_prompt():
    texts = ['{"a', "[1]", "12", "null"]
    assert endpoint_of(task()).parse(texts, META).ragged("tokens").lengths.tolist() == [4, 4, 3, 5]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"promt": "a", "prompt": "a"}, r"input 1: unknown setting 'promt'\. Known: prompt, temperature"),
        ({"length": 5}, "input 1: the object has no 'prompt'"),
        ({"prompt": ["a" * 10_000]}, r"got \['a{77}…\.$"),
        ({"prompt": 3}, "input 1: prompt: input should be a valid string, got 3"),
        (
            {"prompt": "a", "temperature": -1},
            "temperature: input should be greater than or equal to 0",
        ),
        ({"prompt": "a", "temperature": "hot"}, "temperature: input should be a valid number, got 'hot'"),
        ({"prompt": "a", "top_p": 0}, "top_p: input should be greater than 0"),
        ({"prompt": "a", "top_k": 1.5}, "top_k: "),
        ({"prompt": "a", "length": 0}, "length: input should be greater than or equal to 1"),
        ({"prompt": "a", "seed": True}, "seed: "),
        ({"prompt": "a\ud800"}, "not valid Unicode"),
    ],
)
def test_an_invalid_setting_is_refused(payload, message):
    with pytest.raises(DataError, match=message):
        endpoint_of(task()).parse([json.dumps(payload)], META)


def test_a_number_of_thousands_of_digits_is_no_prompt():
    with pytest.raises(DataError, match="input 2: a number has too many digits"):
        endpoint_of(task()).parse(["a", '{"prompt": "a", "length": ' + "9" * 5000 + "}"], META)
    assert len(endpoint_of(task()).parse(["9" * 5000, "[" + "9" * 5000 + "]"], META)) == 2


def test_an_object_that_is_nested_too_deeply_is_no_prompt():
    nest = "[" * 5000 + "]" * 5000
    with pytest.raises(DataError, match="input 1: nested too deeply"):
        endpoint_of(task()).parse(['{"prompt": ' + nest + "}"], META)
    assert len(endpoint_of(task()).parse([nest], META)) == 1


def test_prompts_that_ask_for_many_tokens_together_are_refused():
    halves = [json.dumps({"prompt": "a", "length": 10_000})] * 2
    assert len(endpoint_of(task()).parse(halves, META)) == 2
    with pytest.raises(DataError, match="the prompts ask for 20,001 tokens together, more than 20,000"):
        endpoint_of(task()).parse([*halves, '{"prompt": "a", "length": 1}'], META)


def test_plots_by_position_and_by_kind_of_token():
    from seqops.tasks.textgen.evaluation import plots

    meta = tokenizer.fit_tokenizer("aB1 .\n", "character", 1, 0)
    ids = tokenizer.tokenizer_from_meta(meta).encode("aB1 .\n¿")
    truth = Split({"tokens": Ragged.from_rows([ids], np.int32), "scored": np.array([7])})
    predicted = pd.DataFrame({"nats": [28.0], "each": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]})
    by_position, by_kind = plots.plots(predicted, truth, meta)
    assert by_position.table.to_dict("list") == {"token": [1], "nats": [4.0]}
    assert dict(by_kind.table.itertuples(index=False)) == {
        "line break": 6.0, "blank": 4.0, "small letter": 1.0, "capital letter": 2.0,
        "digit": 3.0, "sign": 5.0, "unknown": 7.0,
    }  # fmt: skip


def write_splits(folder, **texts):
    """Write a file for each split, and list them in the order of the pipeline."""
    paths = []
    for split, text in texts.items():
        (folder / split).mkdir()
        paths.append(write_file(folder / split, text, f"ptb.{split}.txt"))
    return paths


def test_the_files_of_splits_are_the_splits(tmp_path):
    made = task()
    table = made.read(write_splits(tmp_path, train=VERSE, validation="a cat\n", test="the dog\nran\n"))
    assert made.assign_splits(table).tolist() == [*["train"] * 3, "validation", *["test"] * 2]
    splits, _ = made.split_and_encode(made.with_checked_columns(table))
    assert {name: windows.joined_text(split) for name, split in splits.items()} == {
        "train": VERSE,
        "validation": "a cat\n",
        "test": "the dog\nran\n",
    }


def test_without_a_file_for_validation_it_is_the_end_of_the_training_text(tmp_path):
    made = task(validation=0.2)
    lines = [f"line {n}\n" for n in range(10)]
    table = made.read(write_splits(tmp_path, train="".join(lines), test="line a\nline b\n"))
    assert made.assign_splits(table).tolist() == [*["train"] * 8, *["validation"] * 2, *["test"] * 2]


def test_validation_text_begins_at_a_section_of_the_training_text(tmp_path):
    made = task(validation=0.2, section="# ")
    lines = ["# 1\n", *["text\n"] * 6, "# 2\n", *["text\n"] * 4, "# 3\n", "text\n"]
    raw = write_splits(tmp_path, train="".join(lines), test="# 4\ntext\n")
    assert made.assign_splits(made.read(raw)).tolist() == [
        *["train"] * 12,
        *["validation"] * 2,
        *["test"] * 2,
    ]
    with pytest.raises(DataError, match=r"one section.*Name a file for validation in source"):
        one = task(section="#  ")
        one.assign_splits(one.read(raw))
