"""Cron expressions: which ones are valid, and when they are next due."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

from seqops.core.errors import SeqopsError

FIELDS = {
    "minute": (59, "0-59"),
    "hour": (23, "0-23"),
    "day-of-month": (31, "1-31 (a day that the months have)"),
    "month": (12, "1-12 or jan-dec"),
    "day-of-week": (7, "0-7 (both are Sunday) or sun-sat"),
}
"""The five fields by the names that cronsim gives them: highest value, and values as people read them."""
PART = re.compile(r"(?:\*|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:/([0-9]+))?", re.ASCII | re.IGNORECASE)


class BadCron(SeqopsError):
    """A text that is not a cron expression."""


def check(expression: str) -> None:
    """Raise BadCron, naming the field, unless this is a cron expression as crontab(5) defines it.

    cronsim reads more than that (`L`, `#`, seconds), and reads `5/15` and `*/90` as few people mean them.
    """
    written = expression.split()
    if len(written) != len(FIELDS):
        names = ", ".join(FIELDS).replace("-", " ")
        raise _refusal(expression, f"it has {len(written)} fields instead of five ({names})")
    fields = dict(zip(FIELDS, written, strict=True))
    for name, field in fields.items():
        if not all(_is_standard(part, FIELDS[name][0]) for part in field.split(",")):
            raise _refusal(expression, _allowed(name, field))
    try:
        _simulation(expression, datetime.now(UTC))
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        raise _refusal(expression, _allowed(name, fields[name])) from None


def next_run(expression: str, after: datetime, zone: tzinfo) -> datetime:
    """Return the first time after `after`, in UTC, at which an expression is due in a time zone.

    When the clocks change, this does what Debian's cron(8) does. Where neither minute nor hour begins with
    `*`, a run at a skipped time is due at once after the change, and one at a repeated time is due the
    first time only. Any other expression is due at every minute that it matches on the clock, so never in
    a skipped hour and twice in a repeated one; in the few zones that change at midnight or by half an hour,
    cronsim may place a run of such an expression wrongly in that night.
    """
    runs = (run.astimezone(UTC) for run in _simulation(expression, after.astimezone(zone)))
    # cronsim takes the second pass of a repeated hour for the first
    return next(run for run in runs if run > after)


def _simulation(expression: str, start: datetime) -> CronSim:
    # cronsim counts Sunday as 0 by name, so that it would refuse a week that ends with it
    return CronSim(re.sub("-sun", "-7", expression, flags=re.IGNORECASE), start)


def _is_standard(part: str, highest: int) -> bool:
    match = PART.fullmatch(part)
    if match is None:
        return False
    first, last, step = match.groups()
    one_value = first is not None and last in (None, first)
    return step is None or (not one_value and int(step) <= highest)


def _allowed(name: str, field: str) -> str:
    place, values = name.replace("-", " "), FIELDS[name][1]
    forms = "ranges (1-5), lists (1,3), steps (*/2, 1-5/2)"
    return f"{place} {field!r} is not valid; use *, {values}, {forms}"


def _refusal(expression: str, reason: str) -> BadCron:
    return BadCron(
        f'{expression!r} is not a cron expression: {reason}. Example: "0 3 * * 1", every Monday at 03:00.'
    )
