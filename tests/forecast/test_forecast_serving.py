"""Serving forecasts: raw series in, records out."""

import json

import numpy as np
import pandas as pd
import pytest
from series import months, table, task, write_csv

from parts import endpoint_of, evaluation_of
from seqops.core.errors import DataError
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.serving import FORECAST_COLUMNS

VALUES = [float(10 + i % 4) for i in range(40)]


@pytest.fixture
def meta(tmp_path):
    return task().split_and_encode(table(tmp_path, VALUES))[1]


@pytest.fixture
def wide(tmp_path):
    data = task(values=("a",), covariates=("b",))
    rows = [f"{month},{i},{2 * i}" for i, month in enumerate(months(40))]
    return data.split_and_encode(data.read([write_csv(tmp_path, rows, "month,a,b")]))[1]


def csv(count=10, first=2010):
    rows = [f"{month},{i + 1}" for i, month in enumerate(months(count, first))]
    return "\n".join(["month,sold", *rows])


def predicted(n=1, columns=1):
    return pd.DataFrame(
        {
            name: [np.arange(6.0 * columns) + offset] * n
            for offset, name in enumerate(FORECAST_COLUMNS.values())
        }
    )


@pytest.mark.parametrize(
    "text", ["1 2 3 4 5 6 7 8 9", "1,2,3,4,5,6,7,8,9", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1; 2;3 4 5 6 7 8 9"]
)
def test_formats_of_a_list_of_numbers_are_read_the_same(meta, text):
    split = endpoint_of(task()).parse([text], meta)
    assert split.ragged("history")[0][:, 0].tolist() == [1.0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert np.isnan(split.plain("targets")).all()
    assert not split.plain("long").any()


def test_a_request_is_encoded_like_its_test_row(tmp_path):
    data = task(calendar=("month", "season"))
    splits, meta = data.split_and_encode(table(tmp_path, VALUES))
    known = months(34)
    text = "\n".join(["date,value", *(f"{m},{v}" for m, v in zip(known, VALUES[:34], strict=True))])
    encoded = endpoint_of(data).parse([text, "\r\n".join(["\ufeffdate,value", *text.split("\n")[1:]])], meta)
    for row in (0, 1):
        np.testing.assert_array_equal(encoded.plain("calendar")[row], splits["test"].plain("calendar")[0])
        np.testing.assert_array_equal(encoded.ragged("history")[row], splits["test"].ragged("history")[0])


def test_a_list_is_dated_by_position(meta):
    record = endpoint_of(task()).respond(predicted(), ["1 2 3 4 5 6 7 8"], meta)[0]
    assert record["calendar"] == "by position; the first value taken as 2000-01"
    assert record["forecast"][0] == {
        "step": 1,
        "series": "value",
        "median": 0.0,
        "low80": 1.0,
        "high80": 2.0,
        "low95": 3.0,
        "high95": 4.0,
    }
    assert json.loads(json.dumps(record)) == record


def test_dates_continue_from_the_input(meta):
    record = endpoint_of(task()).respond(predicted(), [csv(10)], meta)[0]
    assert [step["date"] for step in record["forecast"]] == [
        "2010-11",
        "2010-12",
        "2011-01",
        "2011-02",
        "2011-03",
        "2011-04",
    ]
    assert record["known"] == 10


def test_inputs_keep_their_order(meta):
    split = endpoint_of(task()).parse([csv(10), "5 5 5 5 5 5 5 7"], meta)
    assert [split.ragged("history")[i][-1, 0] for i in (0, 1)] == [10.0, 7.0]
    assert [
        r["known"] for r in endpoint_of(task()).respond(predicted(2), [csv(10), "5 5 5 5 5 5 5 7"], meta)
    ] == [10, 8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "input 1: contains no data rows"),
        ("1 2 3", "input 1: 3 values are too few. Give at least the latest 8 values"),
        ("1 2 3 4 5 6 7 nan", "input 1: value 8 is missing"),
        ("1 2 3 4 5 6 7 0", "a value is 0 or less"),
        ("1 2 3 4 5 6 7 inf", "not a finite number"),
        ("1 2 3 4 5 6 7 eight", "contains no data rows"),
        (csv(10).replace("2010-05,5\n", ""), "input 1:6: the date does not follow"),
        (csv(10).replace("2010-05,5", "2010-05,five"), "input 1:6: 'five'"),
        (csv(10).replace("2010-05,5", "2010-04,5"), "input 1:6: the date is that of the row before"),
        ("date,a,b\n2000-01,1,2", "2 columns besides the date"),
    ],
)
def test_unusable_inputs_are_refused(meta, text, message):
    with pytest.raises(DataError, match=message):
        endpoint_of(task()).parse([text], {**meta, "log": True})


def test_the_error_has_the_number_of_the_input(meta):
    with pytest.raises(DataError, match="input 2: 1 values"):
        endpoint_of(task()).parse([csv(10), "1"], meta)


def test_several_columns_need_a_csv(wide):
    data = task(values=("a",), covariates=("b",))
    with pytest.raises(DataError, match="a plain list holds one column only"):
        endpoint_of(data).parse(["1 2 3 4 5 6 7 8"], wide)


def test_the_example_is_a_valid_request(meta, wide):
    for fitted in (meta, wide):
        data = task()
        split = endpoint_of(data).parse([endpoint_of(data).example(fitted)], fitted)
        assert len(split) == 1
        assert (
            len(
                endpoint_of(data).respond(predicted(), [endpoint_of(data).example(fitted)], fitted)[0][
                    "forecast"
                ]
            )
            == 6
        )


def test_the_example_of_data_with_decimal_commas_has_them(meta, wide):
    data = task(decimal=",")
    figures = {**meta, "example": [[row[0] + 0.5] for row in meta["example"]]}
    example = endpoint_of(data).example(figures)
    assert example.split()[0].endswith(",5")
    assert len(endpoint_of(data).parse([example], figures)) == 1
    assert len(endpoint_of(data).parse([endpoint_of(data).example(wide)], wide)) == 1


def test_several_series_are_listed_by_name(tmp_path):
    rows = [f"{month},{i},{2 * i}" for i, month in enumerate(months(40))]
    data = task()
    _, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows, "month,a,b")]))
    record = endpoint_of(data).respond(predicted(columns=2), [endpoint_of(data).example(meta)], meta)[0]
    first = record["forecast"][:2]
    assert [(s["step"], s["series"], s["median"]) for s in first] == [(1, "a", 0.0), (1, "b", 1.0)]


def test_examples_and_plots_show_the_forecast(tmp_path):
    data = task()
    splits, meta = data.split_and_encode(table(tmp_path, VALUES))
    cells = {name: [np.full(6, 11.0)] * 6 for name in ("mean", *map(column, LEVELS))}
    shown = evaluation_of(data).examples(pd.DataFrame(cells), splits["test"], meta)
    assert shown["truth"].iloc[-1] == "13 - - - - -"
    assert shown["predicted"].iloc[0] == "11 11 11 11 11 11"
    long, error, calibration = evaluation_of(data).plots(pd.DataFrame(cells), splits["test"], meta)
    assert (long.band, long.table["truth"].tolist()) == (("low95", "high95"), VALUES[34:])
    # the last steps of the series are 12 13 10 11 12 13: errors 1 2 1 0 1 2 at step 1
    assert error.table["mae"].iloc[0] == pytest.approx(7 / 6)
    # of 15 known values of the backtest, six are 10 or 11
    assert calibration.table["measured"].tolist() == pytest.approx([6 / 15] * 21)
    assert calibration.table["nominal"].iloc[:3].tolist() == [0.025, 0.05, 0.1]


@pytest.mark.parametrize(
    ("changes", "text", "latest"),
    [
        ({"decimal": ","}, "284,5 277,5 317,5 313,5 318,5 374,5 413,5 405,5", [413.5, 405.5]),
        ({"decimal": ","}, "1;2;3;4;5;6;7,5;8,5", [7.5, 8.5]),
        ({"thousands": ","}, "2,840 2,770 3,170 3,130 3,180 3,740 4,130 4,050", [4130.0, 4050.0]),
        ({}, "1, 2, 3, 4, 5, 6, 7, 8.5", [7.0, 8.5]),
    ],
)
def test_numbers_of_a_list_are_read_as_stated(meta, changes, text, latest):
    split = endpoint_of(task(**changes)).parse([text], meta)
    assert split.ragged("history")[0][-2:, 0].tolist() == latest


@pytest.mark.parametrize("text", ["284,5 277,5 317,5", "2,840 2,770 3,170", "1,2,3\n4,5,6"])
def test_a_comma_within_or_between_numbers_is_refused(meta, text):
    first = text.split()[0]
    with pytest.raises(DataError, match=f"'{first}' may be one number or several.*data.decimal"):
        endpoint_of(task()).parse([text], meta)


def test_times_with_an_offset_are_answered_in_their_zone(tmp_path):
    stamps = np.arange("2024-03-29T12", "2024-03-31T04", dtype="datetime64[h]")
    path = write_csv(tmp_path, [f"{stamp}:00Z,{i}" for i, stamp in enumerate(stamps)])
    for zone, first in (("", "2024-03-31 04:00+00:00"), ("Europe/Berlin", "2024-03-31 06:00+02:00")):
        data = task(frequency="hour", time_zone=zone)
        _, meta = data.split_and_encode(data.read([path]))
        record = endpoint_of(data).respond(predicted(), [path.read_text()], meta)[0]
        assert record["forecast"][0]["date"] == first
    text = "when,value\n" + "\n".join(f"2024-03-31 {hour:02d}:30,1" for hour in range(4, 12))
    record = endpoint_of(data).respond(predicted(), [text], meta)[0]
    assert record["forecast"][0]["date"] == "2024-03-31 12:00+02:00"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("date,value\n2000-01,1\n2000-02,2\n", 1),
        ("1\n2\n3\n", 1),
        ("1 2 3\n4 5 6\n", 2),
        ("1 2 3\nnone\n", 2),
        ("7\n", 1),
    ],
    ids=["table", "a number a line", "a list a line", "a broken line", "a single number"],
)
def test_a_file_is_one_series_or_a_list_per_line(text, count):
    found = endpoint_of(task()).inputs_of(text)
    assert len(found) == count
    assert "".join(found).replace("\n", "") == text.replace("\n", "")


def test_the_table_of_quantiles_has_the_pinball_loss_of_each_level(tmp_path):
    data = task()
    splits, meta = data.split_and_encode(table(tmp_path, VALUES))
    cells = {name: [np.full(6, 11.0)] * 6 for name in ("mean", *map(column, LEVELS))}
    [found] = evaluation_of(data).tables(pd.DataFrame(cells), splits["test"], meta).values()
    # values 12 13 10 | 13 10 11 | 10 11 12 | 11 12 13 | 12 13 | 13: above 11 by 14 in sum, below by 3
    assert found.iloc[2].tolist() == ["0.1", "0.4", f"{(0.1 * 14 + 0.9 * 3) / 15:.4g}"]
