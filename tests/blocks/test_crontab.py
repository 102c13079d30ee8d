"""Crontab texts against dates worked out on a calendar: 30 November 2026 is a Monday."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.blocks.crontab import BadCron, Crontab
from seqops.blocks.scheduling import CrontabTrigger

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def due(text, count=3, start=START):
    """Return the first times from a start on, as the scheduler asks for them."""
    trigger, times, now = CrontabTrigger(Crontab.parse(text), start.tzinfo), [], start
    for _ in range(count):
        times.append(trigger.get_next_fire_time(times[-1] if times else None, now))
        now = times[-1]
    return times


def days(text, count=3, start=START):
    return [time.strftime("%a %d.%m. %H:%M") for time in due(text, count, start)]


def test_weekday_1_is_monday():
    assert days("0 3 * * 1") == ["Mon 30.11. 03:00", "Mon 07.12. 03:00", "Mon 14.12. 03:00"]


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_0_and_7_are_sunday(sunday):
    assert days(f"30 6 * * {sunday}", 2) == ["Sun 29.11. 06:30", "Sun 06.12. 06:30"]


@pytest.mark.parametrize(
    ("weekdays", "wanted"),
    [
        ("1-5", "Thu Fri Mon Tue Wed"),
        ("mon-fri", "Thu Fri Mon Tue Wed"),
        ("5-7", "Fri Sat Sun Fri Sat"),
        ("fri-sun", "Fri Sat Sun Fri Sat"),
        ("0,3", "Sun Wed Sun Wed Sun"),
        ("0-6/2", "Thu Sat Sun Tue Thu"),
        ("1-7/3", "Thu Sun Mon Thu Sun"),
        ("*/3", "Sat Sun Wed Sat Sun"),
        ("tue,sat-sun", "Sat Sun Tue Sat Sun"),
        ("*", "Thu Fri Sat Sun Mon"),
    ],
)
def test_ranges_lists_and_steps_of_weekdays(weekdays, wanted):
    assert " ".join(f"{time:%a}" for time in due(f"0 3 * * {weekdays}", 5)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("*/20 * * * *", ["Wed 25.11. 12:00", "Wed 25.11. 12:20", "Wed 25.11. 12:40"]),
        ("5-30/10 13 * * *", ["Wed 25.11. 13:05", "Wed 25.11. 13:15", "Wed 25.11. 13:25"]),
        ("0 0 1 */6 *", ["Fri 01.01. 00:00", "Thu 01.07. 00:00", "Sat 01.01. 00:00"]),
        ("0 0 31 jan-mar *", ["Sun 31.01. 00:00", "Wed 31.03. 00:00", "Mon 31.01. 00:00"]),
        ("0 0 29 2 *", ["Tue 29.02. 00:00", "Sun 29.02. 00:00", "Fri 29.02. 00:00"]),  # 2028, 2032, 2036
    ],
)
def test_the_other_fields(text, wanted):
    assert days(text) == wanted


def test_a_day_of_the_month_or_of_the_week_is_enough():
    assert days("0 4 1 * 5", 4) == [
        "Fri 27.11. 04:00",
        "Tue 01.12. 04:00",
        "Fri 04.12. 04:00",
        "Fri 11.12. 04:00",
    ]
    assert days("0 4 13 * */5", 2) == ["Sun 13.12. 04:00", "Sun 13.06. 04:00"]  # begins with *: both


def test_an_hour_that_autumn_repeats_counts_once():
    start = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
    assert [f"{time:%d. %H:%M %Z}" for time in due("30 2 * * *", 3, start)] == [
        "25. 02:30 CEST",
        "26. 02:30 CET",
        "27. 02:30 CET",
    ]
    start = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)
    assert [f"{time:%H %Z}" for time in due("0 * * * *", 3, start)] == ["02 CEST", "02 CET", "03 CET"]


def test_an_hour_that_spring_leaves_out_comes_an_hour_later():
    start = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    assert [f"{time:%d. %H:%M %Z}" for time in due("30 2 * * *", 2, start)] == [
        "29. 03:30 CEST",
        "30. 02:30 CEST",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it has 0 fields, and must have five: minute, hour, day of the month, month, day of the week"),
        ("0 3 * *", "it has 4 fields"),
        ("@weekly", "it has 1 fields"),
        ("60 3 * * 1", "minute: 60 is not within 0 and 59"),
        ("0 24 * * 1", "hour: 24 is not within 0 and 23"),
        ("0 3 0 * *", "day of the month: 0 is not within 1 and 31"),
        ("0 3 * 13 *", "month: 13 is not within 1 and 12"),
        ("0 3 * * 8", "day of the week: 8 is not within 0 and 7"),
        ("0 3 * * monday", "day of the week: unknown name 'monday'; known: sun, mon,"),
        ("0 mon * * *", "hour: unknown name 'mon'"),
        ("0 3 * * 5-1", "day of the week: the range '5-1' runs backwards"),
        ("*/0 3 * * *", "minute: the step of '*/0' must be 1 to 59"),
        ("*/90 3 * * *", "minute: the step of '*/90' must be 1 to 59"),
        ("5/15 3 * * *", "minute: '5/15' has a step but no range: write 5-59/15"),
        ("-5 3 * * *", "minute: cannot read '-5'"),
        ("1,,2 3 * * *", "minute: cannot read ''"),
        ("٣ 3 * * *", "minute: cannot read '٣'"),
        ("0 3 31 2,4 *", "no month of '2,4' has a day '31'"),
    ],
)
def test_what_is_no_time_is_refused_with_an_example(text, what):
    with pytest.raises(BadCron) as refused:
        Crontab.parse(text)
    assert what in str(refused.value)
    assert str(refused.value).endswith('Example: "0 3 * * 1", every Monday at 03:00.')


def matches(crontab, time):
    """Tell, field by field, whether crontab(5) lets a time through."""
    weekday = time.isoweekday() % 7 in crontab.weekdays
    day = time.day in crontab.days
    dated = (day or weekday) if crontab.either else (day and weekday)
    return (
        dated
        and (time.minute in crontab.minutes)
        and time.hour in crontab.hours
        and time.month in crontab.months
    )


field = st.sampled_from
texts = st.tuples(
    field(["0", "*/25", "7,59"]),
    field(["*", "3", "0-23/11"]),
    field(["*", "1", "31", "*/9", "10-12"]),
    field(["*", "12", "jan,dec", "*/2"]),
    field(["*", "0", "7", "1", "5-7", "mon,thu", "*/4"]),
).map(" ".join)


@given(texts)
def test_the_next_time_is_the_first_minute_that_every_field_lets_through(text):
    crontab = Crontab.parse(text)
    first, second = due(text, 2)
    hours = [START + timedelta(hours=n) for n in range(24 * 60)]
    minutes = (hour + timedelta(minutes=m) for hour in hours for m in crontab.minutes)
    wanted = [time for time in minutes if matches(crontab, time)][:2]
    assert [first, second][: len(wanted)] == wanted


@given(texts)
def test_times_only_go_on(text):
    times = due(text, 6)
    assert all(a < b for a, b in pairwise(times))
