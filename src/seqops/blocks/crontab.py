"""The five fields of a crontab line -> the values that each allows, as crontab(5) means them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seqops.contract import SeqopsError

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PART = re.compile(r"(?:\*|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:/([0-9]+))?", re.IGNORECASE)
EXAMPLE = 'Example: "0 3 * * 1", every Monday at 03:00.'


class BadCron(SeqopsError):
    """A text that is no time of crontab(5)."""


@dataclass(frozen=True)
class Field:
    """What may stand in one of the five places; names: those of the values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True)
class Crontab:
    """When something is due.

    weekdays: 0 is Sunday; either: a day of the month or one of the week is enough, because neither field
    begins with `*`; hourly: the hour begins with `*`, so that an hour which the clock repeats counts twice.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool
    hourly: bool

    @classmethod
    def parse(cls, text: str) -> Crontab:
        """Read minute, hour, day of the month, month and day of the week. Raises BadCron."""
        parts = text.split()
        if len(parts) != len(FIELDS):
            names = ", ".join(field.name for field in FIELDS)
            raise _refusal(text, f"it has {len(parts)} fields, and must have five: {names}")
        minutes, hours, days, months, weekdays = (
            _values(text, part, field) for part, field in zip(parts, FIELDS, strict=True)
        )
        either = not parts[2].startswith("*") and not parts[4].startswith("*")
        if not either and not any(day <= LONGEST[month - 1] for month in months for day in days):
            raise _refusal(text, f"no month of {parts[3]!r} has a day {parts[2]!r}")
        sunday_first = tuple(sorted({day % 7 for day in weekdays}))
        return cls(minutes, hours, days, months, sunday_first, either, parts[1].startswith("*"))


def _values(text: str, written: str, field: Field) -> tuple[int, ...]:
    """List what `5`, `1-5`, `*/2`, `mon-fri` or a list of these names."""
    found: set[int] = set()
    for part in written.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise _refusal(text, f"{field.name}: cannot read {part!r}")
        first, last, step = match.groups()
        if step and first and not last:
            raise _refusal(
                text, f"{field.name}: {part!r} has a step but no range: write {first}-{field.high}/{step}"
            )
        low = _value(text, first, field) if first else field.low
        high = _value(text, last, field, end=True) if last else low if first else field.high
        stride = int(step or 1)
        if low > high:
            raise _refusal(text, f"{field.name}: the range {part!r} runs backwards")
        if not 1 <= stride <= field.high - field.low:
            raise _refusal(text, f"{field.name}: the step of {part!r} must be 1 to {field.high - field.low}")
        found.update(range(low, high + 1, stride))
    return tuple(sorted(found))


def _value(text: str, written: str, field: Field, end: bool = False) -> int:
    if written.lower() in field.names:
        value = field.low + field.names.index(written.lower())
        # a week that ends with Sunday
        return field.high if end and field.names is WEEKDAYS and value == 0 else value
    if not written.isdecimal():
        known = f"; known: {', '.join(field.names)}" if field.names else ""
        raise _refusal(text, f"{field.name}: unknown name {written!r}{known}")
    if not field.low <= int(written) <= field.high:
        raise _refusal(text, f"{field.name}: {written} is not within {field.low} and {field.high}")
    return int(written)


def _refusal(text: str, what: str) -> BadCron:
    return BadCron(f"{text!r} is no time of crontab(5): {what}. {EXAMPLE}")
