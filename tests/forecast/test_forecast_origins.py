"""Each origin sees only its past; scales come from training rows; broken series are reported."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series import months, table, task, write_csv

from parts import evaluation_of
from seqops.core.errors import DataError
from seqops.tasks.forecast.data import sample
from seqops.tasks.forecast.data.dataset import GENERATED
from seqops.tasks.forecast.data.origins import Series, WindowSpec
from seqops.tasks.forecast.data.scaling import Scale
from seqops.validation import run_expectations

RISING = list(range(1, 41))  # the value of a row is its 1-based position


def test_split_by_time(tmp_path):
    names = task().assign_splits(table(tmp_path, RISING))
    assert names.tolist() == ["train"] * 28 + ["validation"] * 6 + ["test"] * 6


def test_every_origin_has_its_past_as_history_and_the_following_rows_as_targets(tmp_path):
    splits, _ = task().split_and_encode(table(tmp_path, RISING))
    for name, first, last, end in (
        ("train", 8, 27, 28),
        ("validation", 28, 33, 34),
        ("test", 34, 39, 40),
    ):
        split = splits[name]
        assert split.plain("origin").tolist() == list(range(first, last + 1))
        for row, origin in enumerate(split.plain("origin")):
            history = split.ragged("history")[row][:, 0]
            # the value of a row is its position, so the last known value is the origin itself
            assert history[-1] == origin
            assert (np.diff(history) == 1).all()
            targets = split.plain("targets")[row, :, 0]
            expected = np.arange(origin + 1, origin + 7, dtype=float)
            np.testing.assert_array_equal(targets, np.where(expected <= end, expected, np.nan))


def test_training_and_validation_do_not_depend_on_test_rows(tmp_path):
    original, meta = task().split_and_encode(table(tmp_path, RISING))
    changed, changed_meta = task().split_and_encode(table(tmp_path, [*RISING[:34], *([999] * 6)]))
    for name in ("train", "validation"):
        for column in ("history", "targets"):
            one, two = original[name].columns[column], changed[name].columns[column]
            np.testing.assert_array_equal(getattr(one, "values", one), getattr(two, "values", two))
    assert meta == changed_meta


def test_only_the_first_test_origin_is_the_long_forecast(tmp_path):
    splits, meta = task(origin_step=2).split_and_encode(table(tmp_path, RISING))
    assert splits["test"].plain("long").tolist() == [True, False, False]
    assert meta["origins"] == {"first": 34, "last": 38, "count": 3}
    known = evaluation_of(task()).slices(splits["test"], meta)["whole horizon known"]
    assert known.tolist() == [True, True, False]


def test_scales_are_fitted_on_training_rows(tmp_path):
    _, meta = task(scaling="minmax").split_and_encode(table(tmp_path, RISING))
    assert meta["scale"]["values"] == {"log": False, "centre": [1.0], "width": [27.0]}
    assert meta["mase_scale"] == [4.0]  # a season of 4 on a line of slope 1


@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
@pytest.mark.parametrize("log", [True, False])
def test_scaling_is_inverted(scaling, log):
    y = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    scale = Scale.fit(y, scaling, log)
    np.testing.assert_allclose(scale.backward(scale.forward(y)), y)
    assert np.isfinite(scale.forward(y)).all()


def test_standard_scaling_by_hand():
    scale = Scale.fit(np.array([[1.0], [3.0]]), "standard", False)
    assert scale.forward(np.array([[5.0]])).tolist() == [[3.0]]


def test_calendar_features_place_months_on_a_circle(tmp_path):
    splits, meta = task(calendar=("month",)).split_and_encode(table(tmp_path, RISING))
    calendar = splits["test"].plain("calendar")
    assert (calendar.shape, meta["calendar_size"]) == ((6, 14, 2), 2)
    # origin 34 comes after October 2002; its first future step, row 8 of the 14, is November
    np.testing.assert_allclose(
        calendar[0, 8], [np.sin(2 * np.pi * 11 / 12), np.cos(2 * np.pi * 11 / 12)], atol=1e-6
    )
    np.testing.assert_allclose((calendar**2).sum(axis=2), 1.0, atol=1e-6)


def test_several_columns_and_covariates(tmp_path):
    rows = [f"{month},{i},{2 * i},{-i}" for i, month in enumerate(months(40))]
    data = task(values=("a", "b"), covariates=("c",))
    splits, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows, "month,c,a,b")]))
    assert (meta["values"], meta["covariates"]) == (["a", "b"], ["c"])
    assert splits["test"].plain("targets").shape == (6, 6, 2)
    np.testing.assert_array_equal(splits["test"].ragged("history")[0][-1], [66.0, -33.0, 33.0])


def test_a_column_used_in_training_must_be_present(tmp_path):
    read = table(tmp_path, RISING)
    meta = task().fit_encoding(read, task().assign_splits(read))
    [value] = meta["values"]
    with pytest.raises(DataError, match=f"the table has no column value.{value}"):
        task().encode(read.drop(columns=f"value.{value}"), task().assign_splits(read), meta)


def test_the_sine_is_trained_on_one_series_and_tested_on_another(tmp_path):
    for name, content in GENERATED["sine"]().items():
        (tmp_path / name).write_bytes(content)
    data = task(frequency="position", window=15, horizon=5, season=63)
    read = data.read(sorted(tmp_path.iterdir()))
    splits, _ = data.split_and_encode(read)
    train, test = splits["train"], splits["test"]
    assert (len(read), len(train), len(test)) == (300, 200 - 6 - 15, 100 - 15)
    assert train.ragged("history")[0][0, 0] == pytest.approx(np.sin(-10), abs=1e-9)
    assert test.ragged("history")[0][0, 0] == pytest.approx(np.cos(10), abs=1e-9)
    assert test.plain("targets")[0, 0, 0] == pytest.approx(np.cos(11.5), abs=1e-9)


@pytest.mark.parametrize(
    ("count", "message"), [(16, "do not cover one season"), (20, "too short for one train example")]
)
def test_a_series_that_is_too_short_is_refused(tmp_path, count, message):
    with pytest.raises(DataError, match=message):
        task().split_and_encode(table(tmp_path, RISING[:count]))


def unmet_expectations(data, read):
    """Return the meanings of the unmet expectations, with the raw lines listed for them."""
    report = run_expectations(data.with_checked_columns(read), data.expectations())
    assert "broken check" not in {o.state for o in report.results}
    return {o.expectation.meaning: [row["line"] for row in o.rows] for o in report.results if not o.passed}


def test_a_valid_series_meets_every_expectation(tmp_path):
    assert unmet_expectations(task(log=True, min_value=0.0, max_value=50.0), table(tmp_path, RISING)) == {}


def test_the_airline_sample_meets_every_expectation(tmp_path):
    for name, content in sample.airline().items():
        (tmp_path / name).write_bytes(content)
    assert unmet_expectations(task(log=True), task().read(sorted(tmp_path.iterdir()))) == {}


@pytest.mark.parametrize(
    ("change", "meaning", "lines"),
    [
        (lambda rows: [*rows[:5], *rows[6:]], "no period is missing between two rows", [7]),
        (lambda rows: [*rows[:5], rows[4], *rows[5:]], "dates are unique", [6, 7]),
        (lambda rows: [*rows[:5], rows[6], rows[5], *rows[7:]], "sort the rows by date", [8]),
        (
            lambda rows: [*rows[:33], rows[39], *rows[34:39], rows[33]],
            "no date of a split lies in an earlier split",
            [],
        ),
        (lambda rows: [*rows[:5], rows[5].split(",")[0] + ",", *rows[6:]], "no value is missing", [7]),
        (lambda rows: [*rows[:5], rows[5].split(",")[0] + ",-3", *rows[6:]], "data.log requires", [7]),
        (
            lambda rows: [*rows[:5], rows[5].split(",")[0] + ",0.25", *rows[6:]],
            "at least data.min_value",
            [7],
        ),
        (lambda rows: [*rows[:5], rows[5].split(",")[0] + ",99", *rows[6:]], "at most data.max_value", [7]),
    ],
    ids=["gap", "duplicate", "order", "leak", "missing", "negative", "low", "high"],
)
def test_a_broken_series_is_reported_with_its_lines(tmp_path, change, meaning, lines):
    rows = [f"{month},{value}" for month, value in zip(months(40), RISING, strict=True)]
    data = task(log=True, min_value=0.5, max_value=50.0)
    found = unmet_expectations(data, data.read([write_csv(tmp_path, change(rows))]))
    [unmet] = [text for text in found if meaning in text]
    if lines:
        assert found[unmet] == lines


@settings(deadline=None)  # the machine may be busy
@given(st.integers(12, 60), st.integers(1, 12), st.integers(1, 8))
def test_targets_are_the_rows_after_the_origin(length, window, horizon):
    window_spec = WindowSpec(1, window, horizon, 4, "position", ("season",))
    series = Series(np.arange(length, dtype=float)[:, None], np.arange(length))
    split = window_spec.examples(series, np.arange(window, length), length, window)
    for row, origin in enumerate(split.plain("origin")):
        assert split.ragged("history")[row][:, 0].tolist() == list(range(origin - window, origin))
        known = split.plain("targets")[row, :, 0]
        assert known[np.isfinite(known)].tolist() == list(range(origin, min(origin + horizon, length)))
