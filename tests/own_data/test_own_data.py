"""Files in the formats of the field: what they are taken for, and whether their settings really read them."""

from pathlib import Path

import pytest
from own_series import SERIES
from own_texts import TEXTS, UNREADABLE

from seqops.core.errors import DataError
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
            "a comma in 1,900 is taken to separate thousands; if it does not: --set data.decimal=,",
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


def test_a_part_of_the_date_is_not_forecast(tmp_path):
    content = daily({"month": lambda i: 1 + i // 28, "y": lambda i: 50 + i * 7 % 31})
    [candidate] = own_data.candidates(PARAMS, opened(tmp_path, content), None)
    assert "left out, as constant or as names: month" in candidate.guess.reasons


def test_there_are_thirty_formats_and_more():
    assert len(CASES) >= 30
