"""Missing rows and values: refused in words, or masked in targets and filled from the past alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from series import months, table, task, write_csv

from parts import evaluation_of, metrics_of
from seqops.core.errors import DataError
from seqops.tasks.forecast.data.gaps import filled
from seqops.tasks.forecast.evaluation import baselines
from seqops.tasks.forecast.model.classical.choice import held_errors, validation_paths
from seqops.tasks.forecast.model.classical.methods import Candidate, Method
from seqops.tasks.forecast.model.classical.naive_methods import naive, unfitted
from seqops.validation import run_expectations

NAN = np.nan
FILLING = ("nan", "interpolate", "forward")


def with_gaps(folder, data, missing=(), empty=()):
    """Write 40 months whose values are 1, 2, ..., without the rows and the values at some positions."""
    rows = [f"{month},{'' if i in empty else i + 1}" for i, month in enumerate(months(40))]
    return data.read([write_csv(folder, [row for i, row in enumerate(rows) if i not in missing])])


def refusals(data, read):
    report = run_expectations(data.with_checked_columns(read), data.expectations())
    return [outcome.summary() for outcome in report.results if not outcome.passed]


def test_a_gap_is_refused_with_its_first_period_and_the_key(tmp_path):
    data = task()
    [found] = refusals(data, with_gaps(tmp_path, data, missing=(5, 6, 20)))
    assert "data.gaps allows such rows: nan, interpolate or forward" in found
    assert "2 rows, the first line 7: missing_before '2000-06 and 1 more'" in found


def test_repeated_and_exchanged_rows_are_named_with_their_lines(tmp_path):
    rows = [f"{month},1" for month in months(40)]
    data = task()
    repeated = data.read([write_csv(tmp_path, [*rows[:5], rows[2], *rows[5:]])])
    assert any(
        "the first line 4: repeated '2000-03, as in line 7'" in text for text in refusals(data, repeated)
    )
    exchanged = data.read([write_csv(tmp_path, [*rows[:5], rows[6], rows[5], *rows[7:]])])
    assert any("line 8: order '2000-06 after 2000-07'" in text for text in refusals(data, exchanged))
    allowed = task(gaps="nan")
    assert any("order" in text for text in refusals(allowed, allowed.read([tmp_path / "series.csv"])))


@pytest.mark.parametrize("gaps", FILLING)
def test_missing_rows_are_inserted_without_values(tmp_path, gaps):
    data = task(gaps=gaps)
    read = with_gaps(tmp_path, data, missing=(5, 6), empty=(9,))
    assert len(read) == 40
    assert np.flatnonzero(read["value.value"].isna()).tolist() == [5, 6, 9]
    assert read["date"].tolist() == months(40)
    assert read["line"].iloc[4:8].tolist() == [6, 6, 6, 7]
    assert refusals(data, read) == []
    remark = f"rows without a value: 3, the first 2000-06 (data.gaps: {gaps})"
    assert remark in data.remarks(data.with_checked_columns(read))


def test_a_series_that_is_mostly_missing_is_refused(tmp_path):
    data = task(gaps="forward")
    [found] = refusals(data, with_gaps(tmp_path, data, empty=range(1, 39)))
    assert "at least half of the rows" in found


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ("nan", [NAN, 2, NAN, NAN, 8, NAN]),
        ("interpolate", [2, 2, 4, 6, 8, 8]),
        ("forward", [2, 2, 2, 2, 8, 8]),
    ],
)
def test_a_past_is_filled(gaps, expected):
    past = np.array([NAN, 2, NAN, NAN, 8, NAN])[:, None]
    np.testing.assert_array_equal(filled(past, gaps)[:, 0], expected)
    empty = np.full((3, 1), NAN)
    np.testing.assert_array_equal(filled(empty, gaps), empty)


@given(
    st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=2, max_size=20),
    st.sampled_from(FILLING),
    st.data(),
)
def test_filling_changes_no_known_value_and_sees_nothing_after_the_past(values, gaps, data):
    series = np.array([NAN if value is None else value for value in values])[:, None]
    origin = data.draw(st.integers(1, len(values)))
    other = series.copy()
    other[origin:] = 99.0
    past = filled(series[:origin], gaps)
    np.testing.assert_array_equal(past, filled(other[:origin], gaps))
    known = np.isfinite(series[:origin])
    np.testing.assert_array_equal(past[known], series[:origin][known])


@pytest.mark.parametrize("gaps", FILLING)
def test_each_origin_fills_its_own_past_and_targets_stay_open(tmp_path, gaps):
    data = task(gaps=gaps)
    splits, meta = data.split_and_encode(with_gaps(tmp_path, data, missing=(33, 36)))
    test = splits["test"]
    # row 33 (value 34) is missing right before the first test origin, row 36 within the test rows
    latest = [test.ragged("history")[i][-1, 0] for i in range(6)]
    first = {"nan": NAN, "interpolate": 33, "forward": 33}[gaps]
    fourth = {"nan": NAN, "interpolate": 36, "forward": 36}[gaps]
    np.testing.assert_array_equal(latest, [first, 35, 36, fourth, 38, 39])
    later = {"nan": NAN, "interpolate": 34, "forward": 33}[gaps]
    assert test.ragged("history")[1][-2, 0] == pytest.approx(later, nan_ok=True)
    np.testing.assert_array_equal(test.plain("targets")[0, :, 0], [35, 36, NAN, 38, 39, 40])
    assert np.isfinite(meta["mase_scale"]).all()
    assert np.isfinite(meta["example"]).all()


def test_open_gaps_are_flagged_to_the_network(tmp_path):
    data = task(gaps="nan", calendar=("month",))
    splits, meta = data.split_and_encode(with_gaps(tmp_path, data, missing=(33,)))
    calendar = splits["test"].plain("calendar")
    assert calendar.shape == (6, 14, meta["calendar_size"]) == (6, 14, 3)
    assert calendar[0, :, 2].tolist() == [0.0] * 7 + [1.0] + [0.0] * 6
    assert calendar[1, :, 2].tolist() == [0.0] * 6 + [1.0] + [0.0] * 7


def test_missing_targets_are_not_scored(tmp_path):
    data = task(gaps="nan")
    splits, meta = data.split_and_encode(with_gaps(tmp_path, data, missing=(36,)))
    found = baselines.forecast_rows(Method("last", "trivial", lambda *_: unfitted(naive)), splits, meta)
    scores = {s.name: s for s in metrics_of(data).score(found.predicted, splits["test"], meta)}
    # errors of the long forecast from 34: 1 2 . 4 5 6
    assert scores["mae"].point() == pytest.approx(18 / 5)
    assert found.settings == "gaps of the history interpolated"
    assert np.isfinite(scores["backtest_mase"].point())


def test_missing_targets_have_no_keys(tmp_path):
    data = task(gaps="nan")
    splits, _ = data.split_and_encode(with_gaps(tmp_path, data, missing=(36,)))
    keys = splits["test"].ragged("keys")
    # two keys for each known target
    assert [len(keys[i]) for i in range(6)] == [10, 8, 6, 6, 4, 2]


def test_validation_rows_with_gaps_are_one_path_without_errors_there(tmp_path):
    data = task(gaps="nan")
    splits, _ = data.split_and_encode(with_gaps(tmp_path, data, missing=(27, 30)))
    [path] = validation_paths(splits["validation"], 0)
    np.testing.assert_array_equal(path.rows, [29, 30, NAN, 32, 33, 34])
    assert path.known(3)[0][-2:].tolist() == [27, 28]
    assert path.known(3)[1].tolist() == [29, 30, 30]
    zeros = Candidate("", lambda past, horizon: lambda new: np.zeros(horizon))
    errors = np.concatenate([*held_errors(zeros, path, 1)])
    assert errors.tolist() == [29, 30, 32, 33, 34]


def test_drift_features_leave_missing_values_out(tmp_path):
    data = task(gaps="nan")
    splits, meta = data.split_and_encode(with_gaps(tmp_path, data, missing=(10, 20)))
    features = evaluation_of(data).drift_features(splits["train"], meta)
    for feature in features.values():
        assert np.isfinite(getattr(feature, "values", feature)).all()
    whole, meta = data.split_and_encode(with_gaps(tmp_path, data))
    assert len(evaluation_of(data).drift_features(whole["train"], meta)["surprise of value"]) == 20
    # rows 10 and 20, and the rows one and a season of four later
    assert len(features["surprise of value"]) < 20


def test_fourier_terms_are_known_inputs(tmp_path):
    data = task(seasons=(4.0, 12.5), harmonics=3)
    splits, meta = data.split_and_encode(table(tmp_path, range(1, 41)))
    calendar = splits["test"].plain("calendar")
    # a season of 4 has two harmonics on whole steps
    assert calendar.shape[2] == meta["calendar_size"] == 2 * (2 + 3)
    steps = 360 + 34 - 8 + np.arange(14)  # since 1970
    for column, (season, k) in enumerate([(4, 1), (4, 2), (12.5, 1), (12.5, 2), (12.5, 3)]):
        angle = 2 * np.pi * k * steps / season
        np.testing.assert_allclose(calendar[0, :, 2 * column], np.sin(angle), atol=1e-5)
        np.testing.assert_allclose(calendar[0, :, 2 * column + 1], np.cos(angle), atol=1e-5)


def test_hours_of_the_day_are_local(tmp_path):
    stamps = np.arange("2024-03-30T12", "2024-04-01T04", dtype="datetime64[h]")
    rows = [f"{stamp}:00Z,1" for stamp in stamps]
    data = task(frequency="hour", time_zone="Europe/Berlin", calendar=("hour",))
    splits, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows)]))
    # the first test origin is 34 hours later, at 22:00 UTC: midnight of summer time
    assert meta["time_zone"] == "Europe/Berlin"
    np.testing.assert_allclose(splits["test"].plain("calendar")[0, 8], [0, 1], atol=1e-6)


def test_a_log_of_gaps_is_no_error(tmp_path):
    data = task(gaps="forward", log=True, scaling="standard")
    _, meta = data.split_and_encode(with_gaps(tmp_path, data, missing=(5,)))
    known = np.log([i + 1 for i in range(28) if i != 5])
    assert meta["scale"]["values"]["centre"] == pytest.approx([known.mean()])


def test_a_request_with_gaps_is_treated_like_the_series(tmp_path):
    from parts import endpoint_of

    data = task(gaps="forward")
    _, meta = data.split_and_encode(with_gaps(tmp_path, data))
    rows = [f"{month},{i + 1}" for i, month in enumerate(months(10)) if i != 7]
    text = "\n".join(["month,value", *rows])
    split = endpoint_of(data).parse([text], meta)
    assert split.ragged("history")[0][:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 7, 9, 10]
    with pytest.raises(DataError, match="the date does not follow"):
        endpoint_of(task()).parse([text], meta)


def test_a_date_far_from_the_others_is_refused_with_its_line(tmp_path):
    rows = [f"{month},1" for month in months(40)]
    with pytest.raises(DataError) as refused:
        task(gaps="nan").read([write_csv(tmp_path, [*rows[:20], "2150-01,1"])])
    words = "after 2001-08, 1,780 of 1,780 missing rows follow. The file has 21 rows: correct the date"
    assert f"series.csv:21: {words}" in str(refused.value)
