"""Run a function whenever a cron expression is due; a missed run is caught up once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from tzlocal import get_localzone

from seqops.core.errors import ConfigError, DataError
from seqops.core.files import write_json
from seqops.retraining.cron import next_run

LONGEST_WAIT = 30.0
"""Seconds until the clock is read again, to notice a changed clock or a machine that was asleep."""
SET_BACK = timedelta(hours=3)
"""A clock set back by more was wrong before; if by less, no run is repeated (as in Debian's cron)."""

Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))
]
"""A time that exists in every time zone."""


@dataclass(frozen=True)
class Plan:
    """A cron expression, and the arguments of the `seqops retrain` that it starts."""

    cron: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' '.join(('retrain', *self.arguments))} at {self.cron!r}"


@dataclass(frozen=True)
class ScheduleState:
    """The state of a scheduler on disk; next: time of the next run; begun: start of an unfinished run."""

    cron: str
    arguments: tuple[str, ...]
    next: Moment
    begun: Moment | None

    @classmethod
    def read(cls, path: Path) -> ScheduleState | None:
        """Read the file; None if it is missing. Raises DataError if it is not a valid state."""
        if not path.exists():
            return None
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes(), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            what = ": ".join([*map(str, first["loc"]), first["msg"]])
            remedy = "Remove the file to start over; a missed run is then not caught up."
            raise DataError(f"{path} is not the state of a schedule: {what}. {remedy}") from None

    def write(self, path: Path) -> None:
        """Write the file atomically."""
        write_json(path, TypeAdapter(ScheduleState).dump_python(self, mode="json"))

    @property
    def plan(self) -> Plan:
        """The plan that this state belongs to."""
        return Plan(self.cron, self.arguments)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class Scheduler:
    """Runs a function whenever it is due, one run at a time."""

    def __init__(
        self,
        path: Path,
        plan: Plan,
        run: Callable[[], None],
        report: Callable[[str], None],
        zone: tzinfo | None = None,
    ) -> None:
        """Store the function to run; path: the state file; report: prints a line for the user."""
        self._path, self._plan, self._run, self._report = path, plan, run, report
        self.zone = zone or local_zone()

    def loop(self, wait: Callable[[float], bool], clock: Callable[[], datetime] = _now) -> None:
        """Run whenever it is due, until `wait` returns True. Raises DataError if the state is unreadable.

        wait: waits for some seconds; returns True at once when it is time to stop (`Event.wait`).
        """
        now = latest = clock()
        due = self._first(now)
        while not wait(min(max((due - now).total_seconds(), 0), LONGEST_WAIT)):
            now = clock()
            if now < latest - SET_BACK:
                latest, due = now, self._next(now)
                self._save(due)
                self._report(f"The clock was set back. Next run: {self._moment(due)}.")
            elif now >= due:
                following = self._next(max(latest, now))
                self._save(following, begun=now)
                try:
                    self._run()
                finally:
                    now = latest = max(latest, now, clock())
                    due = self._next(now)
                    self._save(due)
                if wait(0):
                    return
                if following < due:
                    since = self._moment(following)
                    self._report(f"Runs due from {since} on were skipped: the previous run had not ended.")
                self._report(f"Next run: {self._moment(due)}.")
            latest = max(latest, now)

    def _first(self, now: datetime) -> datetime:
        """Return the time of the first run: now, if one was missed or interrupted."""
        state, due = ScheduleState.read(self._path), self._next(now)
        if state is not None and state.plan != self._plan:
            self._report(f"This replaces the stored schedule: {state.plan}.")
        elif state is not None and state.begun is not None:
            self._report(
                f"The run started on {self._moment(state.begun)} was interrupted. Running it again now."
            )
            due = now
        elif state is not None and state.next <= now:
            self._report(f"The run of {self._moment(state.next)} was missed. Running it now.")
            due = now
        self._save(due)
        if due > now:
            self._report(f"Next run: {self._moment(due)}.")
        return due

    def _next(self, after: datetime) -> datetime:
        return next_run(self._plan.cron, after, self.zone)

    def _save(self, due: datetime, begun: datetime | None = None) -> None:
        try:
            ScheduleState(self._plan.cron, self._plan.arguments, due, begun).write(self._path)
        except OSError as error:
            # keep running on a full disk
            self._report(
                f"{self._path} cannot be written ({error.strerror}): a missed run would not be caught up."
            )

    def _moment(self, time: datetime) -> str:
        return moment(time.astimezone(self.zone))


def local_zone() -> tzinfo:
    """Return the time zone of this machine. Raises ConfigError if TZ names none of the tz database."""
    try:
        return get_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        named = os.environ.get("TZ", "")
        raise ConfigError(
            f"the time zone TZ={named} is not one of the tz database, by which a schedule follows the clock. "
            "Set TZ to a name such as Europe/Berlin, without quotes, or unset it."
        ) from None


def moment(time: datetime) -> str:
    """Format a time for the user, in its own time zone."""
    return time.strftime("%A %Y-%m-%d %H:%M:%S %Z").rstrip()
