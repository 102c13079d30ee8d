"""Cron expressions: their check, and the time of the next run."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

from seqops.core.errors import SeqopsError, quoted

FIELDS = {
    "minute": (59, "0-59"),
    "hour": (23, "0-23"),
    "day-of-month": (31, "1-31 (a day that exists in those months)"),
    "month": (12, "1-12 or jan-dec"),
    "day-of-week": (7, "0-7 (both are Sunday) or sun-sat"),
}
"""The five fields, as cronsim names them: highest value, and allowed values for messages."""
PART = re.compile(r"(?:\*|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:/([0-9]+))?", re.ASCII | re.IGNORECASE)


class CronError(SeqopsError):
    """A text that is not a cron expression."""


def check(expression: str) -> None:
    """Raise CronError, naming the field, unless this is a cron expression as crontab(5) defines it.

    cronsim accepts more (`L`, `#`, seconds), and reads `5/15` and `*/90` in unexpected ways.
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

    Changes of the clock are handled as in Debian's cron(8). If neither minute nor hour begins with `*`, a
    run at a skipped time is due right after the change, and a run at a repeated time is due only the first
    time. Any other expression is due at every minute that it matches on the clock, so never in a skipped
    hour and twice in a repeated one; in the few zones that change at midnight or by half an hour, cronsim
    may return a wrong time for such an expression in that night.
    """
    runs = (run.astimezone(UTC) for run in _simulation(expression, after.astimezone(zone)))
    # cronsim confuses the second pass of a repeated hour with the first
    return next(run for run in runs if run > after)


def _simulation(expression: str, start: datetime) -> CronSim:
    # cronsim reads "sun" as 0, and would refuse a range that ends with it
    return CronSim(re.sub("-sun", "-7", expression, flags=re.IGNORECASE), start)


def _is_standard(part: str, highest: int) -> bool:
    match = PART.fullmatch(part)
    if match is None:
        return False
    first, last, step = match.groups()
    one_value = first is not None and last in (None, first)
    return step is None or (not one_value and int(step) <= highest)


def _allowed(name: str, field: str) -> str:
    label, values = name.replace("-", " "), FIELDS[name][1]
    forms = "ranges (1-5), lists (1,3), steps (*/2, 1-5/2)"
    return f"{label} {quoted(field)} is not valid; use *, {values}, {forms}"


def _refusal(expression: str, reason: str) -> CronError:
    example = '"0 3 * * 1", every Monday at 03:00'
    return CronError(f"{quoted(expression)} is not a cron expression: {reason}. Example: {example}.")
