"""Expectations on small tables: met, not met, and checks that fail to run."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from seqops.core.records import Expectation
from seqops.validation import ValidationReport, run_expectations

TABLE = pd.DataFrame(
    {
        "line": [2, 3, 5, 6, 9],
        "value": [1.0, -2.0, np.nan, 4.0, -7.5],
        "name": ["a", "b", "b", "", "c"],
        "tokens": [["x"], ["y", "z"], [], ["x"], ["x"]],
    }
)


def expect(kind, meaning="the expectation is met", **arguments):
    return Expectation(f"expect_{kind}", arguments, meaning)


def only(expectation, table=TABLE):
    [outcome] = run_expectations(table, [expectation]).results
    return outcome


def test_an_expectation_that_is_met_passes():
    outcome = only(expect("column_values_to_be_between", column="line", min_value=2, max_value=9))
    assert outcome.passed
    assert (outcome.state, outcome.count, outcome.rows, outcome.note) == ("passed", 0, (), "")


@pytest.mark.parametrize(
    ("expectation", "rows"),
    [
        (
            expect("column_values_to_be_between", column="value", min_value=0),
            ({"line": 3, "value": -2.0}, {"line": 9, "value": -7.5}),
        ),
        (expect("column_values_to_not_be_null", column="value"), ({"line": 5, "value": None},)),
        (
            expect("column_values_to_be_unique", column="name"),
            ({"line": 3, "name": "b"}, {"line": 5, "name": "b"}),
        ),
        (
            expect("column_values_to_be_in_set", column="name", value_set=["a", "b", "c"]),
            ({"line": 6, "name": ""},),
        ),
        (
            expect("column_values_to_match_regex", column="name", regex="^[ab]?$"),
            ({"line": 9, "name": "c"},),
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_bad_rows_are_counted_and_identified_by_their_raw_line(expectation, rows):
    outcome = only(expectation)
    assert outcome.state == "bad data"
    assert outcome.count == len(rows)
    assert outcome.rows == rows


def test_only_the_first_five_bad_rows_are_listed():
    table = pd.DataFrame({"line": np.arange(1, 101), "value": np.arange(100)})
    outcome = only(expect("column_values_to_be_between", column="value", max_value=49), table)
    assert outcome.count == 50
    assert [row["line"] for row in outcome.rows] == [51, 52, 53, 54, 55]


def test_an_expectation_on_the_whole_table_reports_what_was_observed():
    few = only(expect("table_row_count_to_be_between", min_value=10))
    assert (few.state, few.count, few.note) == ("bad data", 0, "observed: 5")
    incomplete = only(expect("column_distinct_values_to_contain_set", column="name", value_set=["a", "d"]))
    assert (incomplete.state, incomplete.note) == ("bad data", "missing: d")


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        (expect("column_values_to_be_between", column="valu", min_value=0), "valu"),
        (expect("column_values_to_be_betwen", column="value", min_value=0), "betwen not found"),
        (expect("column_values_to_be_between", colum="value", min_value=0), "colum"),
        (expect("column_values_to_be_between", column="name", min_value=0), "of the same type"),
        (expect("query_to_be_empty"), "not found"),
    ],
    ids=["no such column", "no such expectation", "no such argument", "no such comparison", "no such kind"],
)
def test_a_check_that_fails_to_run_is_not_reported_as_bad_data(expectation, message):
    outcome = only(expectation)
    assert outcome.state == "broken check"
    assert message in outcome.note
    assert "Traceback" not in outcome.note


def test_a_missing_column_is_bad_data_if_its_presence_is_expected():
    assert only(expect("column_to_exist", column="absent")).state == "bad data"
    assert only(expect("column_to_exist", column="value")).passed


def test_after_a_broken_check_the_next_one_still_runs():
    report = run_expectations(
        TABLE,
        [
            expect("column_values_to_be_between", column="absent", min_value=0),
            expect("column_values_to_not_be_null", column="name"),
        ],
    )
    assert [outcome.state for outcome in report.results] == ["broken check", "passed"]


EXPECTATIONS = [
    expect("column_values_to_be_between", "values are not negative", column="value", min_value=0),
    expect("column_values_to_not_be_null", "no value is missing", column="value"),
    expect("column_values_to_be_between", "a check that fails", column="absent", min_value=0),
    expect("column_values_to_not_be_null", "every row has a name", column="name"),
]


def test_the_report_is_plain_json_and_deterministic():
    first, second = (
        json.dumps(run_expectations(TABLE, EXPECTATIONS).to_json(), sort_keys=True, allow_nan=False)
        for _ in range(2)
    )
    assert first == second
    found = json.loads(first)
    assert found["rows"] == 5
    assert found["passed"] is False
    assert [e["state"] for e in found["expectations"]] == ["bad data", "bad data", "broken check", "passed"]


def test_the_table_shows_only_expectations_that_are_not_met():
    shown = io.StringIO()
    Console(file=shown, width=160).print(run_expectations(TABLE, EXPECTATIONS).table())
    text = shown.getvalue()
    assert "values are not negative" in text
    assert "line 3: value -2.0" in text
    assert "line 9: value -7.5" in text
    assert "broken check" in text
    assert "every row has a name" not in text


def test_brackets_in_the_data_are_not_parsed_as_markup():
    table = pd.DataFrame({"line": [1], "name": ["[red]x[/]"]})
    shown = io.StringIO()
    outcome = only(expect("column_values_to_be_in_set", column="name", value_set=["y"]), table)
    Console(file=shown, width=120).print(ValidationReport(1, (outcome,)).table())
    assert "[red]x[/]" in shown.getvalue()


def test_the_verdict_distinguishes_bad_data_from_broken_checks():
    assert run_expectations(TABLE, EXPECTATIONS).verdict() == (
        "2 of 4 expectations are not met. Fix the rows listed above. "
        "1 checks failed to run. Fix the checks listed above, not the data."
    )
    assert run_expectations(TABLE, EXPECTATIONS[3:]).verdict() == ""
