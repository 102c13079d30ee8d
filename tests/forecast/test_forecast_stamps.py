"""Dates as people write them: every supported form is read back; the frequency is inferred or checked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series import task, write_csv

from seqops.core.errors import ConfigError, DataError
from seqops.core.project import Project
from seqops.params import Params
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.frequency import NAMES, Frequency, infer
from seqops.tasks.forecast.data.timeline import Column

BERLIN = ZoneInfo("Europe/Berlin")
ABBREVIATED = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def iso_week(day):
    week = day.isocalendar()
    return f"{week.year}-W{week.week:02d}"


def month_end(day):
    return day.replace(day=28) + timedelta(days=4) - timedelta(days=(day.replace(day=28) + timedelta(4)).day)


DAYS = {
    "iso": "{:%Y-%m-%d}".format,
    "slashes": "{:%Y/%m/%d}".format,
    "digits": "{:%Y%m%d}".format,
    "german": "{:%d.%m.%Y}".format,
    "day first": "{:%d/%m/%Y}".format,
    "month first": "{:%m/%d/%Y}".format,
    "named": lambda day: f"{day.day} {ABBREVIATED[day.month - 1]} {day.year}",
    "american": lambda day: f"{ABBREVIATED[day.month - 1]} {day.day}, {day.year}",
    "midnight": "{:%Y-%m-%dT00:00:00Z}".format,
}
FORMS = {
    "year": {"year": "{:%Y}".format, "day": "{:%Y-%m-%d}".format, "end": "{:%Y-12-31}".format},
    "quarter": {
        "quarter": lambda day: f"{day.year}Q{(day.month + 2) // 3}",
        "dashed": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
        "quarter first": lambda day: f"Q{(day.month + 2) // 3} {day.year}",
        "start": "{:%Y-%m-%d}".format,
    },
    "month": {
        "iso": "{:%Y-%m}".format,
        "M": "{:%YM%m}".format,
        "dot": "{:%Y.%m}".format,
        "short dot": lambda day: f"{day.year}.{day.month}",
        "slash": "{:%Y/%m}".format,
        "digits": "{:%Y%m}".format,
        "named": lambda day: f"{ABBREVIATED[day.month - 1]} {day.year}",
        "start": "{:%Y-%m-%d}".format,
        "end": lambda day: f"{month_end(day):%Y-%m-%d}",
        "american start": "{:%m/%d/%Y}".format,
    },
    "week": {
        "iso": iso_week,
        "monday": "{:%Y-%m-%d}".format,
        "sunday": lambda day: f"{day + timedelta(6):%d.%m.%Y}",
    },
    "day": DAYS,
    "business-day": DAYS,
}  # fmt: skip
TIMES = {
    "iso": "{:%Y-%m-%dT%H:%M:%S.000}".format,
    "seconds": "{:%Y-%m-%d %H:%M:%S}".format,
    "utc": "{:%Y-%m-%dT%H:%M:%SZ}".format,
    "offsets": lambda time: time.replace(tzinfo=UTC).astimezone(BERLIN).isoformat(),
    "epoch": lambda time: f"{int(time.replace(tzinfo=UTC).timestamp())}",
    "epoch ms": lambda time: f"{int(time.replace(tzinfo=UTC).timestamp()) * 1000}",
    "german": "{:%d.%m.%Y %H:%M:%S}".format,
    "american": lambda time: f"{time.month}/{time.day}/{time.year} {time:%I:%M:%S %p}",
}
CLOCKS = ["hour", "minute", "30 minutes", "15 minutes", "2 hours", "10 seconds", "second"]
CASES = [(name, form) for name, forms in FORMS.items() for form in forms]
CASES += [(name, form) for name in CLOCKS for form in TIMES if form != "american" or "hour" in name]


def write(folder, texts, values=None, header="when,value"):
    values = values or range(1, len(texts) + 1)
    return write_csv(
        folder, [f'"{text}",{value!r}' for text, value in zip(texts, values, strict=True)], header
    )


@settings(deadline=None, max_examples=4)
@pytest.mark.parametrize("explicit", [True, False], ids=["given", "inferred"])
@pytest.mark.parametrize(("name", "form"), CASES)
@given(data=st.data())
def test_a_series_in_every_form_is_read_back(tmp_path_factory, name, form, explicit, data):
    frequency = Frequency.parse(name)
    start = datetime(2002, 1, 1) if name in CLOCKS else datetime(1900, 1, 1)
    first = int(frequency.ordinals(np.array([start], "datetime64[s]"))[0])
    # over a year of months, so that day and month cannot be exchanged
    count, offset = data.draw(st.integers(30, 45)), data.draw(st.integers(0, 700))
    expected = first + offset + np.arange(count)
    shown = (FORMS.get(name) or TIMES)[form]
    texts = [shown(stamp) for stamp in frequency.stamps(expected).tolist()]
    floats = st.floats(allow_nan=False, allow_infinity=False)
    values = data.draw(st.lists(floats, min_size=count, max_size=count))
    path = write(tmp_path_factory.mktemp("stamps"), texts, values)
    series = task(frequency=name if explicit else "auto", decimal=".")
    read = series.read([path])
    assert read["ordinal"].tolist() == expected.tolist()
    assert read["value.value"].tolist() == values
    assert read["date"].tolist() == texts
    if not explicit:
        assert set(read["frequency"]) == {name}


@given(st.sampled_from([*NAMES, "30 minutes", "2 hours", "10 days", "4 weeks"]), st.integers(-20_000, 20_000))
def test_a_period_is_numbered_and_named_consistently(name, ordinal):
    frequency = Frequency.parse(name)
    start = frequency.stamps(np.array([ordinal]))
    assert frequency.ordinals(start).tolist() == [ordinal]
    assert Frequency.parse(frequency.name) == frequency
    following = frequency.stamps(np.array([ordinal + 1]))
    assert frequency.ordinals(following - np.timedelta64(1, "s")).tolist() in ([ordinal], [ordinal + 1])


@pytest.mark.parametrize(
    ("name", "day", "text"),
    [
        ("year", "1961-05-06", "1961"),
        ("quarter", "1961-05-06", "1961Q2"),
        ("month", "1961-05-06", "1961-05"),
        ("week", "2024-12-30", "2025-W01"),
        ("day", "1961-05-06", "1961-05-06"),
        ("business-day", "2024-05-06", "2024-05-06"),
        ("30 minutes", "1961-05-06T13:31", "1961-05-06 13:30"),
        ("second", "1961-05-06T13:31:07", "1961-05-06 13:31:07"),
    ],
)
def test_a_period_has_a_name(name, day, text):
    frequency = Frequency.parse(name)
    assert frequency.format(int(frequency.ordinals(np.array([day], "datetime64[s]"))[0])) == text


def test_a_multiple_is_named_by_its_largest_unit():
    assert Frequency.parse("60 minutes").name == "hour"
    assert Frequency.parse("90 minutes").name == "90 minutes"
    assert Frequency.parse("14 days").name == "2 weeks"


def test_no_frequency_is_inferred_from_few_or_irregular_dates():
    assert infer(np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[s]")) is None
    assert infer(np.array(["2024-01-01", "2024-01-02", "2024-01-13", "2024-03-01"], "datetime64[s]")) is None


def dates(first, count, step):
    return [f"{date.fromisoformat(first) + timedelta(days=step * i):%Y-%m-%d}" for i in range(count)]


def is_weekday(text):
    return date.fromisoformat(text).weekday() < 5


@pytest.mark.parametrize(
    ("frequency", "texts", "looks"),
    [
        ("month", dates("2024-01-01", 40, 1), "daily, but data.frequency is month. Set data.frequency: day"),
        ("day", dates("2024-01-01", 40, 7), "weekly, but data.frequency is day. Set data.frequency: week"),
        ("hour", [f"2024-01-01T{i // 2:02d}:{i % 2 * 30:02d}" for i in range(40)], "every 30 minutes"),
        ("day", [d for d in dates("2024-01-01", 40, 1) if is_weekday(d)], "like business days"),
        ("quarter", [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(30)], "monthly"),
        ("month", [str(1950 + i) for i in range(30)], "yearly"),
    ],
)  # fmt: skip
def test_a_wrong_frequency_is_named(tmp_path, frequency, texts, looks):
    with pytest.raises(DataError, match=f"series.csv: the dates look {looks}"):
        task(frequency=frequency).read([write(tmp_path, texts)])


def test_a_gap_is_no_wrong_frequency(tmp_path):
    texts = dates("2024-01-01", 60, 1)
    read = task(frequency="day").read([write(tmp_path, [*texts[:20], *texts[25:]])])
    assert np.diff(read["ordinal"]).max() == 6


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["2000-01", "2000-13"], r":3: '2000-13' is not a date like '2000-01'"),
        (["1990Q1", "1990Q5"], r":3: '1990Q5' is not a date"),
        (["2024-W05", "2024-W60"], r":3: '2024-W60' is not a date"),
        (["2008.01", "2008.09", "2008.1"], r":4: '2008.1' may have lost a zero"),
        (["05/06/2001"], r":2: '05/06/2001' may begin with the day or with the month"),
        (["soon"], r"quarters as 2024Q1"),
    ],
)
def test_a_stamp_that_cannot_be_read_is_refused(tmp_path, texts, message):
    with pytest.raises(DataError, match=message):
        task(frequency="day" if "/" in texts[0] else "month").read([write(tmp_path, texts)])


def test_day_and_month_are_told_apart_by_regularity(tmp_path):
    texts = [f"{i % 12 + 1:02d}/01/{2000 + i // 12}" for i in range(30)]
    path = write(tmp_path, texts)
    assert np.diff(task(frequency="auto").read([path])["ordinal"]).tolist() == [1] * 29


TWELVE = [f"{i:02d}/01/2020" for i in range(1, 13)]


def days_of(tmp_path, texts, **settings):
    """Read rows; return the days or months from one to the next."""
    return np.diff(task(**settings).read([write(tmp_path, texts)])["ordinal"]).tolist()


@pytest.mark.parametrize("frequency", ["day", "month", "auto"])
def test_twelve_days_that_may_be_twelve_months_are_refused_until_the_order_is_set(tmp_path, frequency):
    words = (
        r":2: '01/01/2020' may begin with the day or with the month: .*\. Write dates as 2024-01-31, or set "
        r"data\.date_order: day-month or month-day\."
    )
    with pytest.raises(DataError, match=words):
        days_of(tmp_path, TWELVE, frequency=frequency)
    for order, wrong in (("day-month", "month"), ("month-day", "day")):
        if frequency == wrong:
            with pytest.raises(DataError, match="the dates look"):
                days_of(tmp_path, TWELVE, frequency=frequency, date_order=order)
        else:
            assert days_of(tmp_path, TWELVE, frequency=frequency, date_order=order) == [1] * 11


def test_the_frequency_of_a_trained_model_decides_the_order_in_a_request():
    column = Column(Path("input 1"), range(2, 14), TWELVE, "", True, certain=True)
    for frequency, order in (("day", "day-month"), ("month", "month-day")):
        found = column.timeline(frequency)
        assert (np.diff(found.ordinals).tolist(), found.order) == ([1] * 11, order)


def test_a_thirteenth_day_decides_the_order_of_every_row(tmp_path):
    assert days_of(tmp_path, [*TWELVE, "13/01/2020"], frequency="day") == [1] * 12
    with pytest.raises(DataError, match=r"the dates look daily, but data\.frequency is month"):
        days_of(tmp_path, [*TWELVE, "13/01/2020"], frequency="month")
    # with gaps, the rows alone show nothing
    texts = ["01/02/2020", "05/02/2020", "13/02/2020"]
    assert days_of(tmp_path, texts, frequency="day", gaps="nan") == [1] * 12


def test_one_series_decides_the_order_of_the_others(tmp_path):
    rows = [f"b,{text},1" for text in ("03/01/2020", "05/01/2020")]
    rows += [f"a,{i:02d}/01/2020,1" for i in range(10, 16)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["name,date,value", *rows]))
    read = task(frequency="day", series="name", date="date", scaling="window", gaps="nan").read([path])
    assert read.loc[read["series"] == "b", "date"].tolist() == ["03/01/2020", "2020-01-04", "05/01/2020"]


def test_a_stamp_in_another_order_than_the_one_that_is_set_is_named(tmp_path):
    with pytest.raises(DataError, match=r":3: '13/01/2020' is not a date .*that begins with the month"):
        days_of(tmp_path, ["12/01/2020", "13/01/2020"], frequency="day", date_order="month-day")


def local_hours(first, count):
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return [(start + timedelta(hours=i)).astimezone(BERLIN) for i in range(count)]


@pytest.mark.parametrize("first", ["2024-03-30", "2024-10-26"], ids=["to summer time", "to winter time"])
def test_hours_are_read_over_a_change_of_daylight_saving(tmp_path, first):
    hours = local_hours(first, 48)
    with_offset = task(frequency="hour").read([write(tmp_path, [hour.isoformat() for hour in hours])])
    assert np.diff(with_offset["ordinal"]).tolist() == [1] * 47
    texts = [f"{hour:%Y-%m-%d %H:%M}" for hour in hours]
    zoned = task(frequency="hour", time_zone="Europe/Berlin").read([write(tmp_path, texts)])
    assert zoned["ordinal"].tolist() == with_offset["ordinal"].tolist()
    unknown = task(frequency="hour").read([write(tmp_path, texts)])
    assert np.diff(unknown["ordinal"]).tolist() != [1] * 47


def test_a_day_with_an_offset_is_the_local_date(tmp_path):
    texts = [hour.isoformat() for hour in local_hours("2024-03-24T23:00", 24 * 14) if hour.hour == 0]
    read = task(frequency="auto").read([write(tmp_path, texts)])
    assert read["frequency"].iloc[0] == "day"
    first = Frequency("day").format(int(read["ordinal"].iloc[0]))
    assert (first, np.diff(read["ordinal"]).tolist()) == ("2024-03-25", [1] * (len(texts) - 1))


def test_dates_may_be_taken_as_they_follow_each_other(tmp_path):
    path = write(tmp_path, ["2024-01-05", "2024-01-08", "2024-01-10"])
    assert task(frequency="position").read([path])["ordinal"].tolist() == [0, 1, 2]


def test_numbers_that_are_no_dates_are_positions(tmp_path):
    read = task(frequency="auto").read([write(tmp_path, ["-0.2", "-0.1", "0.0", "0.1"])])
    assert (set(read["frequency"]), read["ordinal"].tolist()) == ({"position"}, [0, 1, 2, 3])


def test_files_of_different_frequencies_are_refused(tmp_path):
    one = write_csv(tmp_path, [f"{day},1" for day in dates("2024-01-01", 9, 1)], name="a.csv")
    other = write_csv(tmp_path, [f"{day},1" for day in dates("2024-01-01", 9, 7)], name="b.csv")
    with pytest.raises(DataError, match=r"b.csv: its frequency, week, differs from that of a.csv, day"):
        task(frequency="auto").read([one, other])


@pytest.mark.parametrize(
    ("header", "row", "columns"),
    [
        (",value", "2000-{m},{m}", ["value.value"]),
        (",date,value", "{i},2000-{m},{m}", ["value.value"]),
        ("Unnamed: 0,date,value", "{i},2000-{m},{m}", ["value.value"]),
        ("date,value,", "2000-{m},{m},", ["value.value"]),
    ],
    ids=["dates", "running number", "pandas", "empty column"],
)
def test_columns_without_a_name(tmp_path, header, row, columns):
    rows = [row.format(i=i, m=f"{i + 1:02d}") for i in range(12)]
    read = task().read([write_csv(tmp_path, rows, header)])
    assert list(read.columns[4:]) == columns
    assert read["value.value"].tolist() == list(range(1, 13))
    assert read["date"].iloc[0] == "2000-01"


def test_a_first_column_of_ids_is_named(tmp_path):
    rows = [f"A,2010-{m:02d}-01,1" for m in range(1, 13)]
    with pytest.raises(DataError, match=r"'A' is not a date. Column 'ds' holds dates: set data.date: ds"):
        task().read([write_csv(tmp_path, rows, "unique_id,ds,y")])


def test_thousands_are_refused_as_ambiguous_and_read_as_stated(tmp_path):
    path = write_csv(tmp_path, ["2010-01;908", "2010-02;1.009", "2010-03;1.073"], "Datum;Umsatz")
    with pytest.raises(DataError, match=r"series.csv:3: '1.009' in column 'Umsatz' may be a thousand"):
        task().read([path])
    assert task(thousands=".").read([path])["value.Umsatz"].tolist() == [908.0, 1009.0, 1073.0]
    assert task(decimal=".").read([path])["value.Umsatz"].tolist() == [908.0, 1.009, 1.073]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("frequency", "30 mins", r"unknown frequency '30 mins': give auto, position"),
        ("time_zone", "Berlin", r"unknown time zone 'Berlin': give one such as"),
        ("thousands", ";", r"data.thousands: Input should be"),
    ],
)
def test_a_wrong_setting_is_refused(key, value, message):
    params = Params.load(Project.find().params)
    section = dict(params.content["tasks"]["forecast"]["data"]) | {key: value}
    with pytest.raises(ConfigError, match=message):
        params.typed(section, Dataset, "tasks.forecast.data")
