"""CSV files of series: the errors that are refused, and the variants that are accepted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series import months, task, write_csv

from seqops.core.errors import DataError
from seqops.tasks.forecast.data import sample


def refusal(path, data=None):
    with pytest.raises(DataError) as raised:
        (data or task()).read([path])
    return str(raised.value)


def raw(folder, content):
    path = folder / "bad.csv"
    path.write_bytes(content)
    return path


def test_the_airline_sample_has_the_published_values(tmp_path):
    for name, content in sample.airline().items():
        (tmp_path / name).write_bytes(content)
    read = task().read(sorted(tmp_path.iterdir()))
    values = read["value.Passengers"]
    assert (len(read), values.iloc[0], values.iloc[-1], values.sum()) == (144, 112.0, 432.0, 40363.0)
    assert (read["line"].iloc[0], read["date"].iloc[0], read["date"].iloc[-1]) == (2, "1949-01", "1960-12")
    assert (np.diff(read["ordinal"]) == 1).all()


@pytest.mark.parametrize(
    "content",
    [
        b"month,value\n2000-01,1\n2000-02,2\n",
        b"\xef\xbb\xbfmonth,value\n2000-01,1\n2000-02,2\n",
        b"month,value\r\n2000-01,1\r\n2000-02,2",
        b'"month";"value"\n"2000-01";1\n\n"2000-02";2\n',
        b"month\tvalue\n2000-01\t 1\n2000-02\t2\n\n",
        b"month|value\n2000-01|1\n2000-02|2\n",
    ],
    ids=["plain", "byte order mark", "CRLF", "semicolons and a blank line", "tabs", "vertical bars"],
)
def test_variants_of_the_format_are_read_the_same(tmp_path, content):
    read = task().read([raw(tmp_path, content)])
    assert read["value.value"].tolist() == [1.0, 2.0]
    assert read["date"].tolist() == ["2000-01", "2000-02"]


@pytest.mark.parametrize(
    ("content", "named", "dates", "lines"),
    [
        (b"2000-01,1\n2000-02,2\n", ["value.value"], ["2000-01", "2000-02"], [1, 2]),
        (b"2000-01,1,3\n2000-02,2,4\n", ["value.value 1", "value.value 2"], ["2000-01", "2000-02"], [1, 2]),
        (b"1\n2\n", ["value.value"], ["1", "2"], [1, 2]),
        (b"sales\n1\n2\n", ["value.sales"], ["1", "2"], [2, 3]),
        (b"day,2019\n2000-01,1\n2000-02,2\n", ["value.2019"], ["2000-01", "2000-02"], [2, 3]),
    ],
    ids=["dates", "two columns", "figures alone", "figures with a name", "a year as a name"],
)
def test_a_first_row_of_data_is_no_header(tmp_path, content, named, dates, lines):
    frequency = "month" if b"2000-01" in content else "position"
    read = task(frequency=frequency).read([raw(tmp_path, content)])
    assert [name for name in read if name.startswith("value.")] == named
    assert read[named[0]].tolist() == [1.0, 2.0]
    assert (read["date"].tolist(), read["line"].tolist()) == (dates, lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "bad.csv: contains no data rows"),
        (b"month,value\n", "bad.csv: contains no data rows"),
        (b"month,value\n2000-01,1\n2000-02", "bad.csv:3: 1 cells where the header has 2"),
        (b"month,value\n2000-01,1\n2000-02,2,3\n", "bad.csv:3: 3 cells where the header has 2"),
        (b"month,value\n2000-01,1,5\n", "numbers with a comma need quotes"),
        (b"month,value\n2000-01\t1\n", "bad.csv:2: 1 cells where the header has 2"),
        (b"month,value\n2000-01,1\n2000-02,\xff\n", "bad.csv:3: byte 0xff is not UTF-8"),
        ("month,value\n2000-01,1\n".encode("utf-16"), "bad.csv:1: byte 0xff is not UTF-8"),
        (b"month,value\n2000-01,1\0\n", "NUL"),
        (b"month,value\n2000-01,1\n2000-13,2\n", "bad.csv:3: '2000-13' is not a date"),
        (b"month,value\n2000-01,many\n", "bad.csv:2: 'many' in column 'value' is not a number"),
        (b'month,value\n2000-01,"1,000"\n', "bad.csv:2: '1,000' in column 'value' is not a number"),
        (b"month,value\n2000-01,inf\n", "bad.csv:2: 'inf' in column 'value' is not a number"),
        (b"value,value\n1,2\n", "two columns are called 'value'"),
        (b"month\n2000-01\n", "no value column"),
        (b'month,value\n2000-01,"1\n', "broken CSV"),
    ],
)
def test_an_invalid_file_is_refused_with_its_line(tmp_path, content, message):
    assert message in refusal(raw(tmp_path, content))


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("year,month", "{0},{1}"),
        ("Year;Month;Day", "{0};{1};1"),
        ("date,time", "{0}-01-01,{1:02d}:00"),
        ("date,hour", "{0}-01-01,{1}"),
        ("store,year,month", "{2},{0},{1}"),
    ],
)
def test_a_date_in_several_columns_is_no_panel_of_months(tmp_path, columns, row):
    mark = ";" if ";" in columns else ","
    rows = [
        row.format(year, month, store) + f"{mark}{year + month}"
        for store in ((1, 2) if "store" in columns else (1,))
        for year in range(2000, 2004)
        for month in range(1, 13)
    ]
    content = "\n".join([f"{columns}{mark}sales", *rows]).encode()
    message = refusal(raw(tmp_path, content), task(date=columns.split(mark)["store" in columns]))
    assert "the dates repeat, because they are divided among the columns" in message
    assert "Join them in one column" in message


def test_two_columns_that_only_together_name_a_series_are_named(tmp_path):
    rows = [f"2000-{m:02d},{s},{i},{m}" for s in "AB" for i in "xy" for m in range(1, 13)]
    message = refusal(raw(tmp_path, "\n".join(["month,store,item,sales", *rows]).encode()))
    assert "store and item together tell their rows apart: several series" in message


def test_a_missing_file_is_refused(tmp_path):
    assert "nowhere.csv: no such file" in refusal(tmp_path / "nowhere.csv")


def test_an_unknown_column_is_refused_with_the_existing_ones(tmp_path):
    message = refusal(write_csv(tmp_path, ["2000-01,1"]), task(values=("sales",)))
    assert "column 'sales' not found" in message
    assert "'month', 'value'" in message


def test_missing_values_become_nan(tmp_path):
    read = task().read([write_csv(tmp_path, ["2000-01,", "2000-02,NaN", "2000-03,-4.5"])])
    assert read["value.value"].isna().tolist() == [True, True, False]


def test_chosen_columns_and_covariates(tmp_path):
    path = write_csv(tmp_path, ["9,2000-01,5,1", "9,2000-02,6,2"], "id,day,heat,sold")
    read = task(date="day", values=("sold",), covariates=("heat",)).read([path])
    assert list(read.columns[-2:]) == ["value.sold", "covariate.heat"]
    assert read["value.sold"].tolist() == [1.0, 2.0]


def test_positions_are_counted_in_steps(tmp_path):
    path = write_csv(tmp_path, ["-0.2,1", "-0.1,2", "0.0,3", "0.2,4"], "x,y")
    assert task(frequency="position").read([path])["ordinal"].tolist() == [0, 1, 2, 4]


@pytest.mark.parametrize("form", ["{0}-{1:02d}-{2:02d}", "{2:02d}/{1:02d}/{0}", "{1:02d}/{2:02d}/{0}"])
def test_dates_that_run_backwards_are_read_oldest_first(tmp_path, form):
    days = [form.format(2024, 1 + n // 31, 1 + n % 31) for n in range(40)]
    rows = [f"{day},{n}" for n, day in enumerate(days)]
    data = task(frequency="day")
    up = data.read([write_csv(tmp_path, rows)])
    down = data.read([write_csv(tmp_path, rows[::-1])])
    pd.testing.assert_frame_equal(down.drop(columns="line"), up.drop(columns="line"))
    assert down["line"].tolist() == [*range(41, 1, -1)]
    assert [r for r in data.remarks(data.with_checked_columns(down)) if "backwards" in r]
    assert not [r for r in data.remarks(data.with_checked_columns(up)) if "backwards" in r]


def test_series_of_a_table_are_turned_round_each(tmp_path):
    up = [f"2024-01-{n:02d},{n},A" for n in range(1, 6)]
    down = [f"2024-01-{n:02d},{n},B" for n in range(5, 0, -1)]
    rows = [row for pair in zip(up, down, strict=True) for row in pair]
    read = task(series="shop", scaling="window", frequency="day").read(
        [write_csv(tmp_path, rows, "day,sold,shop")]
    )
    assert read["value.sold"].tolist() == [1, 2, 3, 4, 5] * 2
    assert read["line"].tolist() == [2, 4, 6, 8, 10, 11, 9, 7, 5, 3]


def test_the_hour_that_occurs_twice_runs_backwards_too(tmp_path):
    hours = ["00:00", "01:00", "02:00", "02:00", "03:00"]
    rows = [f"2024-10-27 {hour},{n}" for n, hour in enumerate(hours)]
    data = task(frequency="hour", time_zone="Europe/Berlin")
    read = data.read([write_csv(tmp_path, rows[::-1])])
    assert np.diff(read["ordinal"]).tolist() == [1, 1, 1, 1]
    assert read["value.value"].tolist() == [0, 1, 2, 3, 4]


def test_files_with_different_columns_are_refused(tmp_path):
    paths = [
        write_csv(tmp_path, ["2000-01,1"], name="a.csv"),
        write_csv(tmp_path, ["2000-01,1"], "m,w", "b.csv"),
    ]
    with pytest.raises(DataError, match=r"b.csv:1: its columns differ"):
        task().read(paths)


@settings(deadline=None)  # the disk may be busy
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=30))
def test_values_are_read_back_as_written(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("series")
    rows = [f"{month},{value!r}" for month, value in zip(months(len(values)), values, strict=True)]
    read = task().read([write_csv(folder, rows, end="\r\n")])
    assert read["value.value"].tolist() == values
    assert read["line"].tolist() == list(range(2, len(values) + 2))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = raw(tmp_path_factory.mktemp("bytes"), b"month,value\n2000-01," + content)
    try:
        read = task().read([path])
    except DataError as error:
        assert str(error).startswith("bad.csv")
    else:
        assert isinstance(read, pd.DataFrame)
        assert not np.isinf(read["value.value"]).any()
