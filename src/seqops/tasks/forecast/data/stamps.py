"""Dates and times as files write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from pydantic import AfterValidator

from seqops.core.errors import DataError, quoted
from seqops.tasks.forecast.data.frequency import Frequency, Stamps

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = "(?P<name>[A-Za-z]{3})[a-z]*"
TIME = (
    r"(?P<time>,?[T ](?P<hour>\d{1,2})(:(?P<minute>\d\d)(:(?P<second>\d\d)(\.\d+)?)?)?(?P<half> ?[AaPp][Mm])?"
    r"(?P<offset> ?Z| ?[+-]\d\d(:?\d\d)?)?)?"
)
Match = re.Match[str]
DateOrder = Literal["auto", "day-month", "month-day"]
"""What stamps such as 01/02/2024 begin with; `auto`: as the rows show."""


def _year(found: Match) -> date:
    return date(int(found["y"]), 1, 1)


def _quarter(found: Match) -> date:
    return date(int(found["y"]), 3 * int(found["q"]) - 2, 1)


def _month(found: Match) -> date:
    return date(int(found["y"]), int(found["m"]), 1)


def _week(found: Match) -> date:
    return date.fromisocalendar(int(found["y"]), int(found["w"]), int(found["d"] or 1))


def _day(found: Match) -> date:
    return date(int(found["y"]), int(found["m"]), int(found["d"]))


def _named_day(found: Match) -> date:
    day = found.groupdict().get("d")
    return date(int(found["y"]), 1 + MONTHS.index(found["name"].lower()), int(day or 1))


def _epoch(found: Match) -> datetime:
    unit = {10: 1, 13: 1000}[len(found[0])]
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found[0]) // unit)


@dataclass(frozen=True, eq=False)
class Form:
    """One way to write a stamp.

    digits: whether it may be a plain number as well; order: of day and month, `auto` where only one is read.
    """

    example: str
    pattern: re.Pattern[str]
    read: Callable[[Match], date]
    digits: bool = False
    order: DateOrder = "auto"


def _form(
    example: str, pattern: str, read: Callable[[Match], date], digits: bool = False, order: DateOrder = "auto"
) -> Form:
    return Form(example, re.compile(pattern, re.ASCII), read, digits, order)


POINTED = _form("2024.01", r"(?P<y>\d{4})\.(?P<m>\d{1,2})", _month, True)
DAY_FIRST = _form(
    "31/01/2024",
    r"(?P<d>\d{1,2})(?P<s>[-/])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4})" + TIME,
    _day,
    order="day-month",
)
MONTH_FIRST = _form(
    "01/31/2024",
    r"(?P<m>\d{1,2})(?P<s>[-/])(?P<d>\d{1,2})(?P=s)(?P<y>\d{4})" + TIME,
    _day,
    order="month-day",
)
FORMS = (
    _form("2024", r"(?P<y>[12]\d{3})", _year, True),
    _form("202401", r"(?P<y>[12]\d{3})(?P<m>\d\d)", _month, True),
    _form("20240131", r"(?P<y>[12]\d{3})(?P<m>\d\d)(?P<d>\d\d)", _day, True),
    _form("epoch seconds or milliseconds", r"\d{10}|\d{13}", _epoch, True),
    _form("2024-01", r"(?P<y>\d{4})[-/](?P<m>\d{1,2})", _month),
    POINTED,
    _form("2024M01", r"(?P<y>\d{4})[- ]?[Mm](?P<m>\d{1,2})", _month),
    _form("2024Q1", r"(?P<y>\d{4})[- /]?[Qq](?P<q>\d)", _quarter),
    _form("Q1 2024", r"[Qq](?P<q>\d)[- /]?(?P<y>\d{4})", _quarter),
    _form("2024-W05", r"(?P<y>\d{4})-?W(?P<w>\d\d)(-?(?P<d>\d))?", _week),
    _form("2024-01-31T13:00", r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})" + TIME, _day),
    _form("31.01.2024", r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})" + TIME, _day),
    DAY_FIRST,
    MONTH_FIRST,
    _form("Jan 2024", NAMED + r"[- /.]+(?P<y>\d{4})", _named_day),
    _form("2024 Jan", r"(?P<y>\d{4})[- /.]+" + NAMED, _named_day),
    _form("31 Jan 2024", r"(?P<d>\d{1,2})[- /.]+" + NAMED + r"[- /.]+(?P<y>\d{4})" + TIME, _named_day),
    _form("Jan 31, 2024", NAMED + r" (?P<d>\d{1,2}),? (?P<y>\d{4})" + TIME, _named_day),
)
FIX = (
    "Write dates as 2024-01-31, months as 2024-01, quarters as 2024Q1, weeks as 2024-W05, "
    "times as 2024-01-31T13:00."
)


@dataclass(frozen=True)
class Reading:
    """A column of stamps as one form reads it; local: times on the wall clock; instants: the same in UTC."""

    form: Form
    local: Stamps
    instants: Stamps


def readings(
    path: Path, lines: Sequence[int], texts: Sequence[str], time_zone: str, order: DateOrder = "auto"
) -> list[Reading]:
    """Read a column in every form that all its stamps have: two where day and month may be exchanged.

    time_zone: of stamps without an offset; empty: unknown. order: of day and month, if it is known. Raises
    DataError with the line of a stamp that no form reads.
    """
    forms = [form for form in FORMS if order in ("auto", form.order) or form.order == "auto"]
    parsed: dict[Form, list[datetime]] = {form: [] for form in forms}
    for line, text in zip(lines, texts, strict=True):
        read = _read(text)
        stamps = {form: read[form] for form in parsed if form in read}
        if not stamps:
            like = "" if len(parsed) == len(forms) else f" like {quoted(texts[0])}"
            if {form.order for form in read} - {"auto", order}:
                like += f" that begins with the {order.partition('-')[0]}" * (order != "auto")
            raise DataError.at(path, line, f"{quoted(text)} is not a date{like}", FIX)
        parsed = {form: parsed[form] for form in stamps}
        for form, stamp in stamps.items():
            parsed[form].append(stamp)
    _check_zeros(path, lines, texts, parsed)
    return [_reading(form, stamps, time_zone) for form, stamps in parsed.items()]


def _reading(form: Form, stamps: Sequence[datetime], time_zone: str) -> Reading:
    if not time_zone and not any(stamp.tzinfo for stamp in stamps):
        local = _seconds(stamps)
        return Reading(form, local, local)
    local = _seconds(stamp.replace(tzinfo=None) for stamp in stamps)
    return Reading(form, local, _instants(stamps, time_zone))


def order_of(texts: Iterable[str]) -> DateOrder:
    """Return the order of day and month that stamps above the 12th show; `auto` if none does, or both do."""
    shown: set[DateOrder] = set()
    for text in dict.fromkeys(texts):
        orders = {form.order for form in _read(text)} - {"auto"}
        shown |= orders if len(orders) == 1 else set()
    return shown.pop() if len(shown) == 1 else "auto"


def run_backwards(texts: Sequence[str], time_zone: str, order: DateOrder = "auto") -> bool:
    """Return whether stamps begin with the latest, and none is later than the one before it."""
    first, last = _read(texts[0]), _read(texts[-1])
    if not any(
        last[form].replace(tzinfo=None) < first[form].replace(tzinfo=None) for form in {*first} & {*last}
    ):
        return False
    try:
        found = readings(Path(), range(len(texts)), texts[::-1], time_zone, order)
    except DataError:
        return False
    return all(bool((np.diff(reading.instants).astype(np.int64) >= 0).all()) for reading in found)


@lru_cache(maxsize=100_000)
def _read(text: str) -> Mapping[Form, datetime]:
    """Read a stamp in every form that it has; many series share their stamps."""
    return {form: stamp for form in FORMS if (stamp := _parsed(form, text)) is not None}


def _parsed(form: Form, text: str) -> datetime | None:
    """Return the local time, with its offset if the text has one; None if the form does not read it."""
    found = form.pattern.fullmatch(text)
    if found is None:
        return None
    try:
        day = form.read(found)
        parts = found.groupdict()
        if isinstance(day, datetime):
            return day
        if not parts.get("time"):
            return datetime.combine(day, time.min)
        hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
        if half := (parts["half"] or "").strip().lower():
            hour = hour % 12 + 12 * (half == "pm")
        return datetime.combine(day, time(hour, minute, second, tzinfo=_offset(parts["offset"] or "")))
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> timezone | None:
    digits = text.strip().replace(":", "")
    if not digits or digits == "Z":
        return UTC if digits else None
    size = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:] or 0))
    return timezone(-size if digits[0] == "-" else size)


def _instants(stamps: Sequence[datetime], time_zone: str) -> Stamps:
    """Convert to UTC; of an hour that occurs twice, the second one follows the first."""
    zone, last, found = ZoneInfo(time_zone or "UTC"), datetime.min.replace(tzinfo=UTC), []
    for stamp in stamps:
        local = stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)
        instant = local.astimezone(UTC)
        if instant <= last:
            instant = local.replace(fold=1).astimezone(UTC)
        last = instant
        found.append(instant.replace(tzinfo=None))
    return _seconds(found)


def _seconds(stamps: Iterable[datetime]) -> Stamps:
    return np.array([*stamps], "datetime64[s]")


def _check_zeros(path: Path, lines: Sequence[int], texts: Sequence[str], forms: Container[Form]) -> None:
    """Refuse 2008.1 among months such as 2008.01: January, or an October that lost its zero as a number."""
    if POINTED not in forms or not any(text[5] == "0" for text in texts):
        return
    for line, text in zip(lines, texts, strict=True):
        if len(text) == len("2024.1"):
            fix = "Export the months as text, or write them as 2024-01."
            raise DataError.at(path, line, f"{quoted(text)} may have lost a zero at its end", fix)


def zone_of_ordinals(frequency: str, time_zone: str, first: str) -> str:
    """Return the zone of the ordinals, empty where they number local times or dates; first: a stamp."""
    if frequency == "position" or not Frequency.parse(frequency).is_clock:
        return ""
    return time_zone or ("UTC" if has_offset(first) else "")


def has_offset(text: str) -> bool:
    """Return whether a stamp with a time names its offset to UTC."""
    return re.search(r":\d\d(\.\d+)?( ?[AaPp][Mm])? ?(Z|[+-]\d\d(:?\d\d)?)$", text.strip()) is not None


def _known_zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f"unknown time zone {quoted(name)}: give one such as Europe/Berlin or Asia/Seoul")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""A name of the time zone database, or empty."""


def is_date(text: str) -> bool:
    """Return whether some form other than a plain number reads a stamp."""
    return any(not form.digits and _parsed(form, text) is not None for form in FORMS)
