"""A crontab text -> runs of one thing, never two at once; a run that was missed is made up once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from threading import Event, Lock

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, SchedulerEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from seqops.blocks.crontab import WEEKDAYS, Crontab
from seqops.contract import BadData
from seqops.store import write_json

JOB = "retrain"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What runs when; arguments: those of the command."""

    cron: str
    arguments: tuple[str, ...]

    def said(self) -> str:
        """Name both as they were typed."""
        return f"{' '.join((JOB, *self.arguments))} at {self.cron!r}"


@dataclass(frozen=True)
class State:
    """What a scheduler leaves behind; next: the run to come; begun: the start of one that has not ended."""

    cron: str
    arguments: tuple[str, ...]
    next: AwareDatetime
    begun: AwareDatetime | None

    @classmethod
    def read(cls, path: Path) -> State | None:
        """Read the file, where there is one. Raises BadData for anything but a state."""
        if not path.exists():
            return None
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes(), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            what = ": ".join([*map(str, first["loc"]), first["msg"]])
            mend = "Remove it: the schedule begins anew, and a run that was missed is not made up."
            raise BadData(f"{path} is no state of a schedule: {what}. {mend}") from None

    @property
    def plan(self) -> Plan:
        """What it was the state of."""
        return Plan(self.cron, self.arguments)


class JsonJobStore(MemoryJobStore):
    """The one job in memory and its state in a JSON file, because APScheduler's own stores pickle."""

    def __init__(self, path: Path, plan: Plan, tell: Tell) -> None:
        super().__init__()
        self._path, self._plan, self._tell = path, plan, tell
        self._next: datetime | None = None
        self._begun: datetime | None = None
        self._writing = Lock()

    def add_job(self, job: Job) -> None:
        """Take the job and write its next run."""
        super().add_job(job)
        self._next = job.next_run_time
        self._write()

    def update_job(self, job: Job) -> None:
        """Take what has changed and write the next run."""
        super().update_job(job)
        self._next = job.next_run_time
        self._write()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write that a run has begun, and at its end that it has ended; a death between the two shows."""
        self._begun = datetime.now(UTC)
        self._write()
        try:
            yield
        finally:
            self._begun = None
            self._write()

    def _write(self) -> None:
        with self._writing:
            begun = self._begun and self._begun.isoformat(timespec="seconds")
            due = self._next and self._next.isoformat(timespec="seconds")
            state = {"cron": self._plan.cron, "arguments": self._plan.arguments, "next": due, "begun": begun}
            try:
                write_json(self._path, state)
            except OSError as error:
                # a full disk is no reason to stop
                self._tell(
                    f"{self._path} could not be written ({error.strerror}): a missed run would be lost."
                )


class CrontabTrigger(BaseTrigger):
    """When a crontab text is due in a time zone.

    Weekdays are counted from Sunday, a day of the month or of the week is enough where both are given,
    and an hour that the clock repeats in autumn counts once unless the hour begins with `*`: so do
    crontab(5) and cron(8), and APScheduler's own does not.
    """

    def __init__(self, crontab: Crontab, zone: tzinfo) -> None:
        self._crontab, self._zone = crontab, zone
        days, weekdays = _listed(crontab.days), ",".join(WEEKDAYS[day] for day in crontab.weekdays)
        if crontab.either:
            self._due: BaseTrigger = OrTrigger([self._cron(days, "*"), self._cron("*", weekdays)])
        else:
            self._due = self._cron(days, weekdays)

    def _cron(self, days: str, weekdays: str) -> CronTrigger:
        minutes, hours, months = map(
            _listed, (self._crontab.minutes, self._crontab.hours, self._crontab.months)
        )
        return CronTrigger(
            minute=minutes, hour=hours, day=days, month=months, day_of_week=weekdays, timezone=self._zone
        )

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first time after `previous`, or else the first from `now` on."""
        due = self._next(previous, now)
        while due is not None and due.fold and not self._crontab.hourly:
            due = self._next(due, due)
        return due

    def _next(self, previous: datetime | None, now: datetime) -> datetime | None:
        due: datetime | None = self._due.get_next_fire_time(previous, now)
        # by way of UTC, because an hour that spring leaves out stands on no clock
        return due and due.astimezone(UTC).astimezone(self._zone)


def _listed(values: Sequence[int]) -> str:
    return ",".join(map(str, values))


class Schedule:
    """Runs one thing whenever it is due, in a thread beside the one that starts it."""

    def __init__(self, path: Path, plan: Plan, run: Callable[[], None], tell: Tell) -> None:
        """Keep what to run; path: the file of the state; tell: takes each line for the person."""
        self._path, self._plan, self._run, self._tell = path, plan, run, tell
        self._executor = ThreadPoolExecutor(1)
        self._idle = Event()
        self._idle.set()
        self._store = JsonJobStore(path, plan, tell)
        self._scheduler = BackgroundScheduler(
            jobstores={"default": self._store}, executors={"default": self._executor}
        )
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        # what it warns of is told by `_skipped`
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    @property
    def zone(self) -> tzinfo:
        """The time zone of this machine."""
        zone: tzinfo = self._scheduler.timezone
        return zone

    def start(self, trigger: BaseTrigger) -> None:
        """Begin. Raises BadData where the stored state cannot be read."""
        now = datetime.now(self.zone)
        owed, why = _owed(State.read(self._path), self._plan, now)
        if why:
            self._tell(why)
        first = now if owed else trigger.get_next_fire_time(None, now)
        self._scheduler.add_job(
            self._cycle,
            trigger,
            id=JOB,
            next_run_time=first,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        if not owed:
            self._tell(f"Next run: {moment(first)}.")
        self._scheduler.start()

    def look(self) -> None:
        """Look at the clock anew: a machine that slept, or whose time was set, has waited for too long."""
        self._scheduler.wakeup()

    def stop(self) -> None:
        """Begin no run any more, and wait until a present one has ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        # a join that a signal breaks off takes the thread for ended (cpython 3.11); this wait does not
        self._idle.wait()
        self._executor.shutdown(wait=True)

    def _cycle(self) -> None:
        self._idle.clear()
        try:
            with self._store.running():
                self._run()
            job = self._scheduler.get_job(JOB)
            if job is not None:
                self._tell(f"Next run: {moment(job.next_run_time)}.")
        finally:
            self._idle.set()

    def _skipped(self, event: SchedulerEvent) -> None:
        for due in event.scheduled_run_times:
            self._tell(f"The run of {moment(due)} was left out: the one before it has not ended.")


def _owed(state: State | None, plan: Plan, now: datetime) -> tuple[bool, str]:
    """Tell whether a run is to be made up, and what to say about the stored state."""
    if state is None:
        return False, ""
    if state.plan != plan:
        return False, f"This replaces the stored schedule: {state.plan.said()}."
    if state.begun is not None:
        begun = moment(state.begun.astimezone(now.tzinfo))
        return True, f"The run begun at {begun} was cut short. It is made up now."
    if state.next <= now:
        return True, f"The run of {moment(state.next.astimezone(now.tzinfo))} was missed. It is made up now."
    return False, ""


def moment(time: datetime) -> str:
    """Write a time for people, in the time zone that it carries."""
    return time.strftime("%A %Y-%m-%d %H:%M:%S %Z").rstrip()
