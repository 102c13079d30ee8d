"""Expectations over small tables: what holds, bad data, and checks that break."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from seqops.core.interfaces import Expectation
from seqops.validation import ValidationReport, run_expectations

TABLE = pd.DataFrame(
    {
        "line": [2, 3, 5, 6, 9],
        "value": [1.0, -2.0, np.nan, 4.0, -7.5],
        "name": ["a", "b", "b", "", "c"],
        "tokens": [["x"], ["y", "z"], [], ["x"], ["x"]],
    }
)


def expect(kind, meaning="it holds", **arguments):
    return Expectation(f"expect_{kind}", arguments, meaning)


def only(expectation, table=TABLE):
    [outcome] = run_expectations(table, [expectation]).results
    return outcome


def test_a_kept_promise_passes():
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
def test_bad_rows_are_counted_and_named_by_their_raw_line(expectation, rows):
    outcome = only(expectation)
    assert outcome.state == "bad data"
    assert outcome.count == len(rows)
    assert outcome.rows == rows


def test_only_the_first_five_of_many_bad_rows_are_kept():
    table = pd.DataFrame({"line": np.arange(1, 101), "value": np.arange(100)})
    outcome = only(expect("column_values_to_be_between", column="value", max_value=49), table)
    assert outcome.count == 50
    assert [row["line"] for row in outcome.rows] == [51, 52, 53, 54, 55]


def test_a_promise_about_the_whole_table_tells_what_was_observed():
    few = only(expect("table_row_count_to_be_between", min_value=10))
    assert (few.state, few.count, few.note) == ("bad data", 0, "observed: 5")
    lacking = only(expect("column_distinct_values_to_contain_set", column="name", value_set=["a", "d"]))
    assert (lacking.state, lacking.note) == ("bad data", "missing: d")


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        (expect("column_values_to_be_between", column="valu", min_value=0), "valu"),
        (expect("column_values_to_be_betwen", column="value", min_value=0), "betwen not found"),
        (expect("column_values_to_be_between", colum="value", min_value=0), "colum"),
        (expect("column_values_to_be_between", column="name", min_value=0), "of the same type"),
        (expect("query_to_be_empty"), "not found"),
    ],
    ids=["no such column", "no such expectation", "no such argument", "no such comparison", "no such kind"],
)
def test_a_check_that_breaks_is_not_taken_for_bad_data(expectation, told):
    outcome = only(expectation)
    assert outcome.state == "broken check"
    assert told in outcome.note
    assert "Traceback" not in outcome.note


def test_a_missing_column_is_bad_data_where_its_presence_is_what_was_promised():
    assert only(expect("column_to_exist", column="absent")).state == "bad data"
    assert only(expect("column_to_exist", column="value")).passed


def test_one_broken_check_does_not_keep_the_next_from_being_made():
    report = run_expectations(
        TABLE,
        [
            expect("column_values_to_be_between", column="absent", min_value=0),
            expect("column_values_to_not_be_null", column="name"),
        ],
    )
    assert [outcome.state for outcome in report.results] == ["broken check", "passed"]


PROMISES = [
    expect("column_values_to_be_between", "values are not negative", column="value", min_value=0),
    expect("column_values_to_not_be_null", "no value is missing", column="value"),
    expect("column_values_to_be_between", "a check that breaks", column="absent", min_value=0),
    expect("column_values_to_not_be_null", "every row has a name", column="name"),
]


def test_the_report_is_plain_json_and_the_same_at_every_call():
    first, second = (
        json.dumps(run_expectations(TABLE, PROMISES).to_json(), sort_keys=True, allow_nan=False)
        for _ in range(2)
    )
    assert first == second
    found = json.loads(first)
    assert found["rows"] == 5
    assert found["passed"] is False
    assert [e["state"] for e in found["expectations"]] == ["bad data", "bad data", "broken check", "passed"]


def test_the_summary_shows_only_what_does_not_hold():
    shown = io.StringIO()
    Console(file=shown, width=160).print(run_expectations(TABLE, PROMISES).table())
    text = shown.getvalue()
    assert "values are not negative" in text
    assert "line 3: value -2.0" in text
    assert "line 9: value -7.5" in text
    assert "broken check" in text
    assert "every row has a name" not in text


def test_brackets_in_the_data_are_shown_as_they_are():
    table = pd.DataFrame({"line": [1], "name": ["[red]x[/]"]})
    shown = io.StringIO()
    outcome = only(expect("column_values_to_be_in_set", column="name", value_set=["y"]), table)
    Console(file=shown, width=120).print(ValidationReport(1, (outcome,)).table())
    assert "[red]x[/]" in shown.getvalue()


def test_the_verdict_tells_bad_data_from_broken_checks():
    assert run_expectations(TABLE, PROMISES).verdict() == (
        "2 of 4 expectations are not met. Fix the rows listed above. "
        "1 checks failed to run. Fix the checks listed above, not the data."
    )
    assert run_expectations(TABLE, PROMISES[3:]).verdict() == ""
