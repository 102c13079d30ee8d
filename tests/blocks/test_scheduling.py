"""Runs that are due: made up once, never two at once, and what is left on disk."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from tzlocal import get_localzone

from seqops.blocks.command import Command
from seqops.blocks.crontab import Crontab
from seqops.blocks.lock import Taken, at_once
from seqops.blocks.scheduling import CrontabTrigger, Plan, Schedule, State, moment
from seqops.contract import BadData

PLAN = Plan("0 3 * * 1", ("ner", "--if", "drift"))
WEEKLY = CrontabTrigger(Crontab.parse(PLAN.cron), UTC)
LONG = 60  # seconds; nothing here takes so long


class Runs:
    """Counts what runs; each run waits for leave where there is a gate."""

    def __init__(self, gate=None):
        self.gate, self.begun, self.now, self.most = gate, 0, 0, 0
        self.each = threading.Semaphore(0)
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
        self.each.release()
        if self.gate:
            assert self.gate.wait(LONG)
        with self.lock:
            self.now -= 1

    def wait(self):
        assert self.each.acquire(timeout=LONG)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "schedule.json"


class Lines(list):
    """What was told; can be waited for."""

    def __init__(self):
        super().__init__()
        self.changed = threading.Condition()

    def __call__(self, line):
        with self.changed:
            self.append(line)
            self.changed.notify_all()

    def wait(self, part):
        with self.changed:
            assert self.changed.wait_for(lambda: any(part in line for line in self), LONG), (part, list(self))


@contextmanager
def scheduled(path, runs, trigger=WEEKLY, plan=PLAN):
    lines = Lines()
    schedule = Schedule(path, plan, runs, lines)
    schedule.start(trigger)
    try:
        yield lines
    finally:
        if runs.gate:
            runs.gate.set()
        schedule.stop()


def here(text):
    """Say a time as a person reads it who has the time zone of this machine."""
    return moment(datetime.fromisoformat(text).astimezone(get_localzone()))


def stored(path, **values):
    state = {"cron": PLAN.cron, "arguments": list(PLAN.arguments), "begun": None}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**state, "next": "2999-01-07T03:00:00+00:00", **values}))


def test_the_state_stands_as_json(path):
    with scheduled(path, Runs()) as lines:
        state = json.loads(path.read_text())
    assert {**state, "next": None} == {
        "cron": "0 3 * * 1",
        "arguments": ["ner", "--if", "drift"],
        "next": None,
        "begun": None,
    }
    due = datetime.fromisoformat(state["next"])
    assert (due.weekday(), due.hour, due.minute) == (0, 3, 0)
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(days=7)
    assert lines == [f"Next run: {due:%A %Y-%m-%d} 03:00:00 UTC."]


def test_a_missed_run_is_made_up_once(path):
    stored(path, next="2026-01-05T03:00:00+01:00")
    runs = Runs()
    with scheduled(path, runs) as lines:
        lines.wait("Next run")
    assert runs.begun == 1
    assert lines[0] == f"The run of {here('2026-01-05T03:00:00+01:00')} was missed. It is made up now."
    with scheduled(path, runs) as lines:
        pass
    assert runs.begun == 1
    assert len(lines) == 1


def test_many_missed_runs_of_a_dense_schedule_are_made_up_by_one(path):
    plan = Plan("* * * * *", ())
    stored(path, cron=plan.cron, arguments=[], next="2001-01-01T00:00:00+00:00")
    runs = Runs(threading.Event())
    trigger = DateTrigger(datetime.now(UTC) + timedelta(days=1))
    with scheduled(path, runs, trigger, plan):
        runs.wait()
    assert runs.begun == 1


def test_a_run_that_a_death_cut_short_is_made_up(path):
    stored(path, begun="2026-01-05T02:00:00+00:00")
    runs = Runs()
    with scheduled(path, runs) as lines:
        lines.wait("Next run")
    assert runs.begun == 1
    assert (
        lines[0] == f"The run begun at {here('2026-01-05T02:00:00+00:00')} was cut short. It is made up now."
    )


def test_a_run_under_way_shows_in_the_state(path):
    stored(path, next="2026-01-05T03:00:00+00:00")
    runs = Runs(threading.Event())
    with scheduled(path, runs) as lines:
        runs.wait()
        assert State.read(path).begun is not None
        runs.gate.set()
        lines.wait("Next run")
    assert State.read(path).begun is None


class Tomorrow(BaseTrigger):
    """Is due in a day, whenever it is asked."""

    def get_next_fire_time(self, previous, now):
        return datetime.now(UTC) + timedelta(days=1)


def test_a_clock_that_was_set_forward_is_seen(path):
    runs = Runs()
    schedule = Schedule(path, PLAN, runs, Lines())
    schedule.start(Tomorrow())
    # as if a day had gone by of which the waiting thread knows nothing
    [job] = schedule._store.get_all_jobs()
    job._modify(next_run_time=datetime.now(UTC))
    schedule._store.update_job(job)
    assert not runs.each.acquire(timeout=0.2)
    schedule.look()
    runs.wait()
    schedule.stop()
    assert runs.begun == 1


def test_two_never_run_at_once(path):
    runs = Runs(threading.Event())
    with scheduled(path, runs, IntervalTrigger(seconds=0.05)) as lines:
        runs.wait()
        lines.wait("was left out: the one before it has not ended")
        runs.gate.set()
        for _ in range(3):
            runs.wait()
    assert runs.begun >= 4
    assert runs.most == 1


@pytest.mark.parametrize("plan", [Plan("0 4 * * 1", PLAN.arguments), Plan(PLAN.cron, ("ner",))])
def test_another_plan_replaces_the_stored_one_and_owes_nothing(path, plan):
    stored(path, next="2026-01-05T03:00:00+00:00", begun="2026-01-05T02:00:00+00:00")
    runs = Runs()
    trigger = CrontabTrigger(Crontab.parse(plan.cron), UTC)
    with scheduled(path, runs, trigger, plan) as lines:
        pass
    assert lines[0] == "This replaces the stored schedule: retrain ner --if drift at '0 3 * * 1'."
    assert runs.begun == 0
    assert State.read(path).plan == plan


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"\xff\x00", "Invalid JSON"),
        (b"[]", "object"),
        (b'{"cron": "0 3 * * 1", "arguments": []}', "next: Field required"),
        (b'{"cron": 1, "arguments": [], "next": "2026-01-05T03:00:00Z", "begun": null}', "cron:"),
        (b'{"cron": "", "arguments": [], "next": "2026-01-05T03:00:00", "begun": null}', "next:"),
        (b'{"cron": "", "arguments": [], "next": "soon", "begun": null}', "next:"),
    ],
)
def test_a_state_that_cannot_be_read_is_refused_and_left(path, content, what):
    path.parent.mkdir()
    path.write_bytes(content)
    runs = Runs()
    with pytest.raises(BadData) as refused:
        Schedule(path, PLAN, runs, Lines()).start(WEEKLY)
    assert what in str(refused.value)
    assert str(refused.value).startswith(f"{path} is no state of a schedule: ")
    assert "Remove it" in str(refused.value)
    assert (path.read_bytes(), runs.begun) == (content, 0)


def test_a_state_that_cannot_be_written_stops_no_run(path):
    path.parent.write_text("a file where the folder should be")
    runs = Runs()
    with scheduled(path, runs, IntervalTrigger(seconds=0.05)) as lines:
        runs.wait()
        runs.wait()
    assert f"{path} could not be written (File exists): a missed run would be lost." in lines


def test_a_second_one_is_refused_by_the_name_of_the_first(tmp_path):
    with at_once(tmp_path / "lock", "it"):
        with pytest.raises(Taken) as refused, at_once(tmp_path / "lock", "it"):
            pass
        assert f"(process {os.getpid()}). Wait until it has ended, or end it: kill {os.getpid()}." in str(
            refused.value
        )
    with at_once(tmp_path / "lock", "it"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_what_inherits_the_lock_holds_it_on(tmp_path):
    with at_once(tmp_path / "lock", "it") as held:
        words = [sys.executable, "-c", "input()"]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(held,))
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    (tmp_path / "lock").write_text(gone.stdout)
    with child:
        with pytest.raises(Taken, match="is gone, but what it began still runs"):
            at_once(tmp_path / "lock", "it").__enter__()
        child.communicate(b"\n")
    with at_once(tmp_path / "lock", "it"):
        pass


def test_a_command_gives_its_exit_code_or_the_signal_that_ended_it(tmp_path):
    def code(program):
        with at_once(tmp_path / "lock", "it") as held:
            return Command([sys.executable, "-c", program], tmp_path, held).run()

    assert code("raise SystemExit(10)") == 10
    assert code("import os; os.kill(os.getpid(), 9)") == -9


def test_a_command_told_to_end_is_not_begun(tmp_path):
    with at_once(tmp_path / "lock", "it") as held:
        command = Command([sys.executable, "-c", "open('begun', 'w')"], tmp_path, held)
        assert not command.end(2)
        assert command.run() is None
    assert not (tmp_path / "begun").exists()
