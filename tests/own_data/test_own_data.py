"""Files in the formats of the field: what they are taken for, and whether their settings really read them."""

import gzip
import os
from pathlib import Path

import own_series
import own_texts
import pytest
from own_series import SERIES
from own_texts import TEXTS, UNREADABLE

from seqops.core.errors import DataError, SeqopsError
from seqops.core.project import Project
from seqops.experiments import own_data
from seqops.inspection.files import InputFile
from seqops.params import Params
from seqops.validation import run_expectations

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")
CASES = {
    **{name: ("forecast", files, values) for name, (files, values) in SERIES.items()},
    **TEXTS,
}


def opened(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [InputFile.open(folder / name) for name in files]


def planned(folder, files):
    """Return the only candidate, its settings, and the task that they configure."""
    [candidate] = own_data.candidates(PARAMS, opened(folder, files), None)
    paths = [folder / name for name in files]
    takes = PARAMS.task(candidate.task).data.takes_named_splits
    source = own_data.source_of(Project(folder), paths, takes)
    values = own_data.with_guess(PARAMS, candidate, source, {})
    return candidate, source, PARAMS.with_values(values).task(candidate.task)


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_recognised_and_its_settings_read_it(tmp_path, name):
    task, files, wanted = CASES[name]
    candidate, source, configured = planned(tmp_path, files)
    found = {"source": source, **candidate.guess.values}
    assert candidate.task == task
    assert {key: found[key] for key in wanted} == wanted
    checked = own_data.read_by(configured, Project(tmp_path))
    report = run_expectations(checked, configured.data.expectations())
    assert report.passed, [r.summary() for r in report.results if not r.passed]
    assert {"train", "validation", "test"} <= {*checked["split"]}


def test_a_name_that_is_no_utf_8_is_refused_in_words(tmp_path):
    path = Path(os.fsdecode(b"caf\xe9.csv"))
    for inside in (tmp_path / path, Path("/elsewhere") / path):
        with pytest.raises(
            SeqopsError, match=r"its name is not UTF-8, which params\.yaml is written in\. Re"
        ):
            own_data.source_of(Project(tmp_path), [inside], False)
    assert own_data.source_of(Project(tmp_path), [tmp_path / "caf\u00e9.csv"], False) == "caf\u00e9.csv"


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_no_task_reads_is_refused_in_words(tmp_path, name):
    files, words = UNREADABLE[name]
    with pytest.raises(DataError, match=words):
        own_data.candidates(PARAMS, opened(tmp_path, files), None)


def test_two_files_that_might_be_parallel_but_for_a_line_are_named(tmp_path):
    english = "".join(f"I see the red house number {n} .\n" for n in range(40))
    files = {"corpus.en": english.encode(), "corpus.es": "".join(english.splitlines(True)[1:]).encode()}
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, files), None)
    assert candidate.task == "textgen"
    assert any(doubt.startswith("the files have 40 and 39 lines") for doubt in candidate.guess.doubts)


def test_the_columns_that_are_forecast_and_left_out_are_said(tmp_path):
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, SERIES["ohlc"][0]), None)
    assert "left out, as constant or as names: Store, deal_id" in candidate.guess.reasons
    [doubt] = candidate.guess.doubts
    assert doubt == (
        "5 columns are forecast together: Open, High, Low, Close, Volume. "
        "For one of them alone: --set 'data.values=[\"Close\"]'"
    )


def test_entities_are_counted_not_their_tags(tmp_path):
    text = b"Kappa B-ORG\nLabs I-ORG\nopened O\n\nLund B-LOC\n\nMalmo B-LOC\n"
    candidate, *_ = planned(tmp_path, {"a.conll": text})
    assert "3 sentences; entities: LOC 2, ORG 1" in candidate.guess.reasons


def daily(columns):
    """Return a table of 60 days; columns: the number of each in row i."""
    rows = [
        f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}," + ",".join(str(f(i)) for f in columns.values())
        for i in range(60)
    ]
    return {"days.csv": "\n".join([",".join(["date", *columns]), *rows, ""]).encode()}


@pytest.mark.parametrize("name", ["NO", "index", "customer", "Row", "item"])
def test_numbers_that_neither_count_rows_nor_repeat_are_forecast_whatever_their_name(tmp_path, name):
    content = daily({name: lambda i: 100 + i * i % 59, "y": lambda i: 50 + i * 7 % 31})
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, content), None)
    assert not [reason for reason in candidate.guess.reasons if reason.startswith("left out")]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("No", lambda i: 1 + i),
        ("index", lambda i: 100 + i),
        ("customer", lambda i: 1 + i * 7 % 4),
        ("sku", lambda i: i * i),
    ],
)
def test_numbers_that_count_rows_or_name_few_things_are_left_out(tmp_path, name, number):
    content = daily({name: number, "y": lambda i: 50 + i * 7 % 31})
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, content), None)
    assert f"left out, as constant or as names: {name}" in candidate.guess.reasons


@pytest.mark.parametrize(
    ("number", "settings", "doubt"),
    [
        (
            lambda i: f'"{900 + 37 * i:,}"',
            {"data.decimal": ".", "data.thousands": ","},
            "a comma may separate thousands or a fraction; it is taken to separate thousands",
        ),
        (
            lambda i: f"{900 + 37 * i:,}".replace(",", "."),
            {"data.decimal": ",", "data.thousands": "."},
            "a point may separate thousands or a fraction; it is taken to separate thousands",
        ),
        (
            lambda i: f'"{1900 + 37 * i:,}"',
            {"data.decimal": ".", "data.thousands": ","},
            "a comma in 1,900 is taken to separate thousands; if it does not: "
            """--set 'data.decimal=","' --set 'data.thousands=""'""",
        ),
        (
            lambda i: f"{1900 + 37 * i:,}".replace(",", "."),
            {"data.decimal": "auto", "data.thousands": ""},
            "a point in 1.900 is taken to separate a fraction; if it does not: --set data.thousands=.",
        ),
    ],
)
def test_what_separates_thousands_is_said_where_it_may_be_a_fraction(tmp_path, number, settings, doubt):
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, daily({"y": number})), None)
    assert {key: candidate.guess.values[key] for key in settings} == settings
    assert candidate.guess.doubts == (doubt,)


def test_fractions_below_one_have_a_decimal_comma(tmp_path):
    [candidate] = own_data.candidates(
        PARAMS, opened(tmp_path, daily({"y": lambda i: f'"0,{500 + i}"'})), None
    )
    found = candidate.guess
    assert (found.values["data.decimal"], found.values["data.thousands"]) == (",", "")
    assert (found.values["data.log"], found.doubts) == (False, ())


def test_numbers_that_are_not_written_alike_are_named(tmp_path):
    files = opened(tmp_path, daily({"y": lambda i: '"501,3"' if i else "529.7"}))
    [candidate] = own_data.candidates(PARAMS, files, None)
    assert candidate.guess.doubts == (
        "numbers are not all written alike, as 529.7 and 501,3: write them as 1234.5",
    )


@pytest.mark.parametrize("first", ["year,catch\n", "t,y\n", ""])
def test_a_comma_between_whole_numbers_divides_two_columns(tmp_path, first):
    rows = "".join(f"{1900 + i},{345 + i % 7}\n" for i in range(60))
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, {"n.csv": f"{first}{rows}".encode()}), None)
    found = candidate.guess
    assert found.values["data.decimal"] == "auto"
    assert found.reasons[0].startswith("2 columns between commas")


def test_a_decimal_comma_in_a_list_of_numbers_is_one(tmp_path):
    rows = "".join(f"{13 * i % 50},{345 + i % 7}\n" for i in range(60))
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, {"n.csv": f"Wert\n{rows}".encode()}), None)
    assert candidate.guess.reasons[0] == "a number on each line"


def test_parallel_files_of_splits_with_different_directions_are_refused(tmp_path):
    lines = {"en": "the red boy", "fr": "le garcon rouge"}
    names = ["train.fr", "train.en", "test.en", "test.fr"]
    texts = {n: "".join(f"{lines[n[-2:]]} {'x' * (i % 9)} {i}\n" for i in range(80)).encode() for n in names}
    with pytest.raises(
        DataError, match=r"test lists test\.en, then test\.fr, but train train\.fr, then train"
    ):
        own_data.candidates(PARAMS, opened(tmp_path, texts), None)


def test_a_part_of_the_date_is_not_forecast(tmp_path):
    content = daily({"month": lambda i: 1 + i // 28, "y": lambda i: 50 + i * 7 % 31})
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, content), None)
    assert "left out, as constant or as names: month" in candidate.guess.reasons


TAGGED = own_texts.sentences()
NOT_READ = {
    "csv of tokens": (
        "a.csv",
        own_texts.conll(TAGGED, "{0},{1}"),
        "tokens with tags, but not",
    ),
    "lower case": ("a.txt", own_texts.conll(TAGGED).lower().replace(b" o\n", b" O\n"), "tokens with tags"),
    "tags first": ("a.txt", own_texts.conll(TAGGED, "{1}\t{0}"), "tags in the first column"),
    "inside lines": (
        "a.txt",
        "".join(" ".join(f"{t}|{g}" for t, g in s) + "\n" for s in TAGGED).encode(),
        "the tags of tokens inside its lines",
    ),
    "suffixes": (
        "a.txt",
        own_texts.conll([[(t, g if g == "O" else f"{g[2:]}_{g[0]}") for t, g in s] for s in TAGGED]),
        "tags such as ORG_B",
    ),
    "no tag outside": (
        "a.txt",
        own_texts.conll(TAGGED).replace(b" O\n", b"\n"),
        "no tag for tokens outside entities",
    ),
    "fasttext": (
        "a.txt",
        "".join(f"__label__{label} {text}\n" for text, label in own_texts.REVIEWS).encode(),
        "labels of fastText",
    ),
    "moses": ("a.txt", own_texts.lines(own_texts.PAIRS, " ||| "), r"`\|\|\|` between sentences"),
    "currency": ("a.csv", daily({"y": lambda i: f"${i}"})["days.csv"], r"'\$0' in column"),
    "a total": ("a.csv", daily({"y": lambda i: i})["days.csv"] + b"Total,9\n", "has 'Total' among dates"),
    "other quarters": ("a.csv", own_series.table([(f"{y}-T1", y) for y in range(1990, 2020)]), "'1990-T1'"),
    "decimal commas": ("a.csv", daily({"y": lambda i: f"{i},5"})["days.csv"], "line 2 has 3 cells between"),
    "excel": ("a.csv", b"sep=;\n" + daily({"y": lambda i: i})["days.csv"], "an instruction for Excel"),
    "a title": (
        "a.csv",
        b"Sales report\n" + daily({"y": lambda i: i})["days.csv"],
        "'Sales report', and",
    ),
    "a web page": ("a.csv", b"\n<!DOCTYPE html><html>404</html>", "is a web page"),
    "git lfs": ("a.csv", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    "json": ("a.json", b'[\n {"text": "a b c", "label": 1}\n]', "JSON, which no task reads"),
    "deep json": ("a.json", b"[" * 10_000 + b"]" * 10_000, "JSON, which no task reads, nested too deeply"),
    "nested json": ("a.jsonl", b'{"tokens": ["a"], "tags": ["O"]}\n', "with lists or mappings in 'tokens'"),
    "translation memory": ("a.tmx", b"<?xml version='1.0'?>\n<tmx>the big red book</tmx>", "data of no task"),
    "comments before a table": ("a.csv", b"# all about the weather here\nyear,t\n1,2\n", "data of no task"),
    "utf-16": ("a.tsv", own_texts.lines(own_texts.PAIRS).decode().encode("utf-16-be"), "UTF-16 without"),
    "gzip twice": ("a.gz", gzip.compress(gzip.compress(b"a b c")), "a gzip file in another one"),
    "open document": ("a.ods", own_texts.zipped({"mimetype": b"a", "content.xml": b"x"}), "an OpenDocument"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_no_task_reads_is_named_and_is_not_taken_for_running_text(tmp_path, name):
    file, content, words = NOT_READ[name]
    with pytest.raises(DataError, match=words):
        own_data.candidates(PARAMS, opened(tmp_path, {file: content}), None)


def test_labels_that_differ_only_in_case_are_doubted(tmp_path):
    rows = [(text, ("Good", "good", "bad")[n % 3]) for n, (text, _) in enumerate(own_texts.REVIEWS)]
    content = {"r.csv": own_texts.csv_text(rows, "text,label")}
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, content), None)
    assert any(
        doubt.startswith("labels differ only in case: Good, bad, good") for doubt in candidate.guess.doubts
    )


def test_there_are_thirty_formats_and_more():
    assert len(CASES) >= 30
