"""Cron expressions against hand-worked dates, and against a search minute by minute."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from seqops.retraining.cron import CronError, check, next_run

START = datetime(2026, 11, 25, 11, 59, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def runs(expression, count=3, start=START):
    """Return the next run times, in the time zone of the start."""
    check(expression)
    times, time = [], start
    for _ in range(count):
        time = next_run(expression, time, start.tzinfo)
        times.append(time.astimezone(start.tzinfo))
    return times


def days(expression, count=3, start=START):
    return [time.strftime("%a %d.%m. %H:%M") for time in runs(expression, count, start)]


def in_berlin(*date):
    return datetime(*date, tzinfo=BERLIN)


def test_weekday_1_is_monday():
    assert days("0 3 * * 1") == ["Mon 30.11. 03:00", "Mon 07.12. 03:00", "Mon 14.12. 03:00"]


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_0_and_7_are_sunday(sunday):
    assert days(f"30 6 * * {sunday}", 2) == ["Sun 29.11. 06:30", "Sun 06.12. 06:30"]


@pytest.mark.parametrize(
    ("weekdays", "expected"),
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
def test_ranges_lists_and_steps_of_weekdays(weekdays, expected):
    assert " ".join(f"{time:%a}" for time in runs(f"0 3 * * {weekdays}", 5)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/20 * * * *", ["Wed 25.11. 12:00", "Wed 25.11. 12:20", "Wed 25.11. 12:40"]),
        ("5-30/10 13 * * *", ["Wed 25.11. 13:05", "Wed 25.11. 13:15", "Wed 25.11. 13:25"]),
        ("0 0 1 */6 *", ["Fri 01.01. 00:00", "Thu 01.07. 00:00", "Sat 01.01. 00:00"]),
        ("0 0 31 jan-mar *", ["Sun 31.01. 00:00", "Wed 31.03. 00:00", "Mon 31.01. 00:00"]),
        ("0 0 29 2 *", ["Tue 29.02. 00:00", "Sun 29.02. 00:00", "Fri 29.02. 00:00"]),  # 2028, 2032, 2036
    ],
)
def test_the_other_fields(expression, expected):
    assert days(expression) == expected


def test_the_next_run_is_strictly_later_than_now():
    start = datetime(2026, 11, 30, 3, tzinfo=UTC)
    assert next_run("0 3 * * 1", start, UTC) == start + timedelta(days=7)
    assert next_run("0 3 * * 1", start - timedelta(microseconds=1), UTC) == start


def test_either_day_of_month_or_day_of_week_is_enough():
    assert days("0 4 1 * 5", 4) == [
        "Fri 27.11. 04:00",
        "Tue 01.12. 04:00",
        "Fri 04.12. 04:00",
        "Fri 11.12. 04:00",
    ]
    assert days("0 4 13 * */5", 2) == [
        "Sun 13.12. 04:00",
        "Sun 13.06. 04:00",
    ]  # starts with *: both


def test_the_hour_after_midnight_is_run_on_the_days_after_the_change_to_summer_time():
    start = in_berlin(2026, 3, 28, 12)
    assert days("30 0 * * 1", 2, start) == ["Mon 30.03. 00:30", "Mon 06.04. 00:30"]
    assert days("30 0 1 * *", 2, start) == ["Wed 01.04. 00:30", "Fri 01.05. 00:30"]


def test_an_hour_repeated_in_autumn_runs_once():
    start = in_berlin(2026, 10, 24, 12)
    assert [f"{time:%d. %H:%M %Z}" for time in runs("30 2 * * *", 3, start)] == [
        "25. 02:30 CEST",
        "26. 02:30 CET",
        "27. 02:30 CET",
    ]
    repeated = in_berlin(2026, 10, 25, 2, 10).replace(fold=1)
    assert days("30 2 * * *", 1, repeated) == ["Mon 26.10. 02:30"]


@pytest.mark.parametrize("expression", ["0 * * * *", "*/30 2,3 * * *"])
def test_an_hour_repeated_in_autumn_runs_twice_with_a_star(expression):
    times = runs(expression, 6, in_berlin(2026, 10, 25, 1, 30))
    assert [f"{time:%H %Z}" for time in times if time.minute == 0][:3] == ["02 CEST", "02 CET", "03 CET"]


def test_a_time_skipped_in_spring_runs_right_after_the_change():
    start = in_berlin(2026, 3, 28, 12)
    assert [f"{time:%d. %H:%M %Z}" for time in runs("30 2 * * *", 2, start)] == [
        "29. 03:00 CEST",
        "30. 02:30 CEST",
    ]
    assert days("*/30 2 * * *", 1, start) == ["Mon 30.03. 02:00"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "it has 0 fields instead of five (minute, hour, day of month, month, day of week)"),
        ("0 3 * *", "it has 4 fields"),
        ("0 0 3 * * 1", "it has 6 fields"),
        ("@weekly", "it has 1 fields"),
        ("60 3 * * 1", "minute '60' is not valid; use *, 0-59, ranges (1-5), lists (1,3), steps"),
        ("0 24 * * 1", "hour '24' is not valid; use *, 0-23"),
        ("0 3 0 * *", "day of month '0' is not valid; use *, 1-31"),
        ("0 3 L * *", "day of month 'L' is not valid"),
        ("0 3 * 13 *", "month '13' is not valid; use *, 1-12 or jan-dec"),
        ("0 3 * * 8", "day of week '8' is not valid; use *, 0-7 (both are Sunday) or sun-sat"),
        ("0 3 * * monday", "day of week 'monday' is not valid"),
        ("0 3 * * mon#1", "day of week 'mon#1' is not valid"),
        ("0 3 * * jan", "day of week 'jan' is not valid"),
        ("0 mon * * *", "hour 'mon' is not valid"),
        ("0 3 * * 5-1", "day of week '5-1' is not valid"),
        ("*/0 3 * * *", "minute '*/0' is not valid"),
        ("*/90 3 * * *", "minute '*/90' is not valid"),
        ("5/15 3 * * *", "minute '5/15' is not valid"),
        ("5-5/2 3 * * *", "minute '5-5/2' is not valid"),
        ("-5 3 * * *", "minute '-5' is not valid"),
        ("1,,2 3 * * *", "minute '1,,2' is not valid"),
        ("٣ 3 * * *", "minute '٣' is not valid"),
        ("0 3 * * ſun", "day of week 'ſun' is not valid"),
        ("0 3 31 2,4 *", "day of month '31' is not valid; use *, 1-31 (a day that exists in those months)"),
    ],
)
def test_an_invalid_cron_expression_is_refused_with_an_example(expression, message):
    with pytest.raises(CronError) as refused:
        check(expression)
    assert message in str(refused.value)
    assert str(refused.value).endswith('Example: "0 3 * * 1", every Monday at 03:00.')


# minute by minute

RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
NAMES = {"mar": 3, "apr": 4, "oct": 10, "nov": 11, "sun": 0, "mon": 1, "thu": 4, "sat": 6}
MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Berlin", 3, 29),
    ("Europe/Berlin", 10, 25),
    ("Europe/London", 3, 29),
    ("Europe/London", 10, 25),
    ("America/New_York", 3, 8),
    ("America/New_York", 11, 1),
    ("Australia/Sydney", 4, 5),
    ("Australia/Sydney", 10, 4),
]
ORDINARY = [("Europe/Berlin", 10, 10), ("America/New_York", 4, 20)]


def any_field(rng, low, high):
    """Write one random field: stars, steps, values, ranges and lists of these."""

    def part():
        first = rng.randint(low, high - 1)
        last = rng.randint(first + 1, high)
        forms = [
            f"{first}",
            f"{last}",
            f"{first}-{last}",
            f"{first}-{last}/{rng.randint(1, last - first)}",
        ]
        return rng.choice(forms)

    listed = ",".join(part() for _ in range(rng.choice([1, 1, 2, 3])))
    return rng.choice(["*", f"*/{rng.randint(1, high - low)}", listed, listed])


def any_expression(rng):
    minute, hour, day, month, weekday = (any_field(rng, low, high) for low, high in RANGES)
    month = rng.choice(["*", "*", "3,4,10,11", "mar-apr,oct-nov", "*/3", month])
    weekday = rng.choice([weekday, weekday, "*", "mon", "sun", "thu,sat"])
    return " ".join([minute, hour, rng.choice([day, "*"]), month, weekday])


def allowed(field, low, high):
    """Return for each value from 0 to `high` whether the field includes it."""
    has = np.zeros(high + 1, bool)
    for part in field.split(","):
        values, _, step = part.partition("/")
        ends = [int(NAMES.get(end, end)) for end in values.split("-")] if values != "*" else [low, high]
        has[ends[0] : ends[-1] + 1 : int(step or 1)] = True
    return has


class ClockChange:
    """Every minute from noon before a change of the clock to four days later, including skipped ones."""

    def __init__(self, zone, month, day):
        self.zone = ZoneInfo(zone)
        self.start = datetime(2026, month, day, 12, tzinfo=self.zone).astimezone(UTC) - timedelta(days=1)
        self.end = self.start + timedelta(days=4)
        minutes, before = [], (self.start - MINUTE).astimezone(self.zone).replace(tzinfo=None)
        for n in range(4 * 24 * 60):
            local = (self.start + n * MINUTE).astimezone(self.zone)
            wall = local.replace(tzinfo=None)
            skipped = range((wall - before) // MINUTE - 1)
            minutes += [(n, before + (k + 1) * MINUTE, False, True) for k in skipped]
            minutes.append((n, wall, bool(local.fold), False))
            before = wall
        self.after, walls, self.repeated, self.skipped = (np.array(c) for c in zip(*minutes, strict=True))
        fields = [(wall.minute, wall.hour, wall.day, wall.month) for wall in walls]
        self.fields = np.array(fields).T
        self.weekday = np.array([wall.isoweekday() for wall in walls])

    def search(self, expression):
        """Return the times at which an expression is due according to Debian's cron(8)."""
        texts = expression.split()
        minute, hour, day, month, weekday = (
            allowed(text, *limits) for text, limits in zip(texts, RANGES, strict=True)
        )
        by_minute, by_hour, by_day, by_month = (
            has[values] for has, values in zip((minute, hour, day, month), self.fields, strict=True)
        )
        by_weekday = weekday[self.weekday] | weekday[self.weekday % 7]
        both = texts[2].startswith("*") or texts[4].startswith("*")
        due = by_minute & by_hour & by_month & (by_day & by_weekday if both else by_day | by_weekday)
        star = texts[0].startswith("*") or texts[1].startswith("*")
        due &= ~self.skipped if star else ~self.repeated
        return [self.start + int(n) * MINUTE for n in np.unique(self.after[due])]


@pytest.mark.parametrize(("zone", "month", "day"), [*CHANGES, *ORDINARY])
def test_runs_agree_with_a_search_around_changes_of_the_clock(zone, month, day):
    clock_change, rng, found = ClockChange(zone, month, day), random.Random(f"{zone} {month}"), 0
    for _ in range(100):
        expression = any_expression(rng)
        check(expression)
        expected, time = clock_change.search(expression), clock_change.start - MINUTE
        for run in expected[:300]:
            time = next_run(expression, time, clock_change.zone)
            assert time == run, expression
        if len(expected) <= 300:
            assert next_run(expression, time, clock_change.zone) >= clock_change.end, expression
        found += bool(expected)
    assert (clock_change.skipped.any() or clock_change.repeated.any()) == ((zone, month, day) in CHANGES)
    assert found > 40
