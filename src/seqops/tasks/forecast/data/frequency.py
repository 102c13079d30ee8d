"""Frequencies: numbering of periods, their inference from stamps, and their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from seqops.core.errors import quoted

Integers = npt.NDArray[np.int64]
Stamps = npt.NDArray[np.datetime64]
"""Instants or local times, in whole seconds: (T,) of datetime64[s]."""

NAMES = ("year", "quarter", "month", "week", "business-day", "day", "hour", "minute", "second")
SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
LOOKS = {
    "year": "yearly", "quarter": "quarterly", "month": "monthly", "week": "weekly", "day": "daily",
    "business-day": "like business days", "hour": "hourly",
}  # fmt: skip
MULTIPLE = re.compile(r"([1-9]\d{0,4}) (week|day|hour|minute|second)s")
MONDAY = np.datetime64("1969-12-22")
"""The first day of week 0."""
WEEKDAYS = 5
SPREAD = {
    28: "month", 29: "month", 30: "month", 31: "month",
    89: "quarter", 90: "quarter", 91: "quarter", 92: "quarter", 365: "year", 366: "year",
}  # fmt: skip
"""Days between the stamps of periods of unequal length."""
MIN_STAMPS = 4
"""Stamps that an inference needs."""


@dataclass(frozen=True)
class Frequency:
    """The period between two rows: `count` times `unit`."""

    unit: str
    count: int = 1

    @classmethod
    def parse(cls, name: str) -> Frequency:
        """Read `month`, `30 minutes` and the like. Raises ValueError."""
        if name in NAMES:
            return cls(name)
        if found := MULTIPLE.fullmatch(name):
            return cls.of_seconds(int(found[1]) * SECONDS[found[2]])
        raise ValueError(f"unknown frequency {quoted(name)}: {FORMS}")

    @classmethod
    def of_seconds(cls, seconds: int) -> Frequency:
        """Return the frequency of a fixed number of seconds in its largest unit."""
        unit = next(unit for unit, size in SECONDS.items() if seconds % size == 0)
        return cls(unit, seconds // SECONDS[unit])

    @property
    def name(self) -> str:
        """Return the name that `parse` reads."""
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    @property
    def looks(self) -> str:
        """Describe dates of this frequency: `daily`, `every 30 minutes`."""
        return LOOKS.get(self.name, f"every {self.name}")

    @property
    def is_clock(self) -> bool:
        """Return whether periods are shorter than a day, so that instants and not local dates count."""
        return self.unit in ("hour", "minute", "second")

    def ordinals(self, stamps: Stamps) -> Integers:
        """Number the periods of stamps since 1970 (weeks begin on Monday): successive ones differ by 1."""
        days = stamps.astype("datetime64[D]")
        if self.unit in ("year", "quarter", "month"):
            months = _int(stamps.astype("datetime64[M]"))
            return np.asarray(months // {"year": 12, "quarter": 3, "month": 1}[self.unit], np.int64)
        if self.unit == "business-day":
            return np.asarray(np.busday_count("1970-01-01", days), np.int64)
        if self.unit == "week":
            return np.asarray(_int(days - MONDAY) // (7 * self.count), np.int64)
        return np.asarray(_int(stamps) // (SECONDS[self.unit] * self.count), np.int64)

    def stamps(self, ordinals: Integers) -> Stamps:
        """Return the start of each period."""
        if self.unit in ("year", "quarter", "month"):
            months = ordinals * {"year": 12, "quarter": 3, "month": 1}[self.unit]
            return months.astype("datetime64[M]").astype("datetime64[s]")
        if self.unit == "business-day":
            return np.asarray(np.busday_offset(np.datetime64("1970-01-01"), ordinals), "datetime64[s]")
        if self.unit == "week":
            return np.asarray(MONDAY + ordinals * 7 * self.count).astype("datetime64[s]")
        return np.asarray(ordinals * (SECONDS[self.unit] * self.count)).astype("datetime64[s]")

    def format(self, ordinal: int) -> str:
        """Name a period, such as 1961, 1961Q1, 1961-01, 1961-W05, 1961-01-31 or 1961-01-31 13:30."""
        start: datetime = self.stamps(np.array([ordinal], np.int64))[0].item()
        if self.name == "week":
            week = start.isocalendar()
            return f"{week.year}-W{week.week:02d}"
        if self.unit == "quarter":
            return f"{start.year:04d}Q{(start.month + 2) // 3}"
        text = start.isoformat(" ")
        return text[: {"year": 4, "month": 7, "hour": 16, "minute": 16, "second": 19}.get(self.unit, 10)]


def looks(name: str) -> str:
    """Say which frequency was inferred."""
    described = "like numbered positions" if name == "position" else Frequency.parse(name).looks
    return f"the dates look {described} (data.frequency: {name})"


def _int(stamps: Any) -> Integers:
    return np.asarray(stamps).astype(np.int64)


FORMS = f"give auto, position, {', '.join(NAMES)}, or a multiple such as `30 minutes` or `2 hours`"


def _checked(name: str) -> str:
    if name not in ("auto", "position"):
        Frequency.parse(name)
    return name


FrequencyName = Annotated[str, AfterValidator(_checked)]
"""`auto`, `position`, or what `Frequency.parse` reads."""


def infer(stamps: Stamps) -> Frequency | None:
    """Return the frequency of most steps between stamps, in any order; None if there is no such one."""
    known = np.unique(stamps)
    if len(known) < MIN_STAMPS:
        return None
    if (known == known.astype("datetime64[D]")).all() or len(np.unique(_int(known) % 86_400)) == 1:
        return _of_days(known.astype("datetime64[D]"))
    steps, counts = np.unique(_int(np.diff(known)), return_counts=True)
    most = int(counts.argmax())
    # a day of 23 or 25 hours does not make daily instants hourly
    return Frequency.of_seconds(int(steps[most])) if 2 * counts[most] > len(known) - 1 else None


def _of_days(days: Stamps) -> Frequency | None:
    gaps = _int(np.diff(days))
    steps, counts = np.unique(gaps, return_counts=True)
    most = int(counts.argmax())
    units = [SPREAD.get(int(gap)) for gap in gaps]
    for unit in ("month", "quarter", "year"):
        # no calendar has four steps of 28 days, or of 30, in a row
        if 2 * units.count(unit) > len(gaps) and not (len(steps) == 1 and steps[0] in (28, 30)):
            return Frequency(unit)
    if 2 * counts[most] <= len(gaps):
        return None
    if steps[most] == 1 and len(days) > WEEKDAYS and np.is_busday(days).all():
        return Frequency("business-day")
    return Frequency.of_seconds(int(steps[most]) * SECONDS["day"])
