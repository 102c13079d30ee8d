"""The scheduler: missed runs, one run at a time, clocks that jump, and the state on disk."""

import errno
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from seqops.core.errors import ConfigError, DataError
from seqops.retraining import scheduler as scheduler_module
from seqops.retraining.child_process import Command
from seqops.retraining.scheduler import LONGEST_WAIT, Plan, Scheduler, ScheduleState, local_zone
from seqops.runtime.locks import LockHeldError, try_lock

PLAN = Plan("0 3 * * 1", ("ner", "--when", "drift"))
NIGHTLY = Plan("0 3 * * *", ())
START = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = 60  # seconds; more than anything here takes


class Clock:
    """A clock that waiting advances and that can be set; it stops the loop after some time."""

    def __init__(self, stop_after=DAY, start=START):
        self.now, self.left, self.waits = start, stop_after, []

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.left -= timedelta(seconds=seconds)
        return self.left <= timedelta(0)


class Runs(list):
    """The start of each run; each run calls `work`, if given."""

    def __init__(self, clock, work=None):
        super().__init__()
        self.clock, self.work = clock, work

    def __call__(self):
        self.append(self.clock())
        if self.work:
            self.work()


def run_scheduler(path, clock, runs, plan=PLAN, zone=UTC):
    """Run a scheduler until its clock stops it; return the lines it printed."""
    lines = []
    Scheduler(path, plan, runs, lines.append, zone).loop(clock.wait, clock)
    return lines


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "schedule.json"


def store_state(path, **values):
    state = {"cron": PLAN.cron, "arguments": list(PLAN.arguments), "begun": None}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**state, "next": "2999-01-07T03:00:00+00:00", **values}))


def test_the_state_is_json(path):
    clock = Clock()
    lines = run_scheduler(path, clock, Runs(clock))
    assert json.loads(path.read_text()) == {
        "cron": "0 3 * * 1",
        "arguments": ["ner", "--when", "drift"],
        "next": "2026-11-30T03:00:00Z",
        "begun": None,
    }
    assert lines == ["Next run: Monday 2026-11-30 03:00:00 UTC."]


def test_it_runs_when_due(path):
    clock = Clock(3 * DAY)
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, NIGHTLY)
    assert runs == [START + 15 * HOUR + n * DAY for n in range(3)]
    assert lines == [
        f"Next run: {day} 03:00:00 UTC."
        for day in ("Thursday 2026-11-26", "Friday 2026-11-27", "Saturday 2026-11-28", "Sunday 2026-11-29")
    ]


def test_times_are_printed_in_the_time_zone_of_the_schedule(path):
    clock = Clock()
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, NIGHTLY, ZoneInfo("Europe/Berlin"))
    assert runs == [START + 14 * HOUR]
    assert lines[0] == "Next run: Thursday 2026-11-26 03:00:00 CET."


def test_a_missed_run_is_caught_up_once(path):
    store_state(path, next="2026-01-05T03:00:00+01:00")
    clock = Clock()
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs)
    assert runs == [START]
    assert lines[0] == "The run of Monday 2026-01-05 02:00:00 UTC was missed. Running it now."
    clock = Clock(start=clock.now)
    assert len(run_scheduler(path, clock, runs)) == 1
    assert len(runs) == 1


def test_many_missed_runs_are_caught_up_once(path):
    plan = Plan("* * * * *", ())
    store_state(path, cron=plan.cron, arguments=[], next="2001-01-01T00:00:00+00:00")
    clock = Clock(timedelta(seconds=59))
    runs = Runs(clock)
    run_scheduler(path, clock, runs, plan)
    assert len(runs) == 1


def test_an_interrupted_run_is_repeated(path):
    store_state(path, begun="2026-01-05T02:00:00+00:00")
    clock = Clock()
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs)
    assert runs == [START]
    assert (
        lines[0] == "The run started on Monday 2026-01-05 02:00:00 UTC was interrupted. Running it again now."
    )


def test_the_state_shows_a_run_in_progress(path):
    clock, seen = Clock(), []
    run_scheduler(path, clock, Runs(clock, lambda: seen.append(ScheduleState.read(path))), NIGHTLY)
    [during] = seen
    assert during.begun == START + 15 * HOUR
    assert during.next == ScheduleState.read(path).next == START + 39 * HOUR
    assert ScheduleState.read(path).begun is None


def test_a_run_that_raises_ends_the_scheduler_and_is_not_marked_as_interrupted(path):
    clock = Clock()

    def fail():
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_scheduler(path, clock, Runs(clock, fail), NIGHTLY)
    assert ScheduleState.read(path).begun is None


# clocks that jump


class Jumping(Clock):
    """A clock that is changed at its n-th wait."""

    def __init__(self, by, at_wait, stop_after=DAY):
        super().__init__(stop_after)
        self.by, self.at_wait = by, at_wait

    def wait(self, seconds):
        stop = super().wait(seconds)
        if len(self.waits) == self.at_wait:
            self.now += self.by
        return stop


def test_every_wait_is_short(path):
    clock = Clock()
    run_scheduler(path, clock, Runs(clock))
    assert max(clock.waits) == LONGEST_WAIT


def test_a_clock_set_forward_and_a_suspended_machine_are_noticed_after_the_wait(path):
    clock = Jumping(by=10 * DAY, at_wait=5, stop_after=timedelta(seconds=10 * LONGEST_WAIT))
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, NIGHTLY)
    assert runs == [START + 10 * DAY + timedelta(seconds=5 * LONGEST_WAIT)]
    assert lines[-1] == "Next run: Sunday 2026-12-06 03:00:00 UTC."


def test_a_clock_set_back_slightly_repeats_no_run(path):
    clock = Clock(20 * HOUR)

    def set_back():
        clock.now -= 2 * HOUR

    runs = Runs(clock, set_back)
    run_scheduler(path, clock, runs, NIGHTLY)
    assert runs == [START + 15 * HOUR]


@pytest.mark.parametrize("while_running", [False, True])
def test_after_a_clock_wrong_by_years_is_corrected_the_schedule_follows_it(path, while_running):
    right, wrong = START, START + 1461 * DAY
    if while_running:
        store_state(path, cron=NIGHTLY.cron, arguments=[], next="2026-01-05T03:00:00Z")
        clock = Clock(DAY, wrong)

        def correct():
            clock.now, runs.work = right, None

        runs = Runs(clock, correct)
    else:
        clock = Jumping(by=right - wrong, at_wait=5)
        clock.now = wrong
        runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, NIGHTLY)
    assert "The clock was set back. Next run: Thursday 2026-11-26 03:00:00 UTC." in lines
    assert right + 15 * HOUR in runs
    assert ScheduleState.read(path).next == right + 39 * HOUR


def test_runs_due_during_a_run_are_skipped(path):
    clock = Clock(15 * HOUR + timedelta(seconds=1))

    def take_two_days():
        clock.now += 50 * HOUR

    runs = Runs(clock, take_two_days)
    lines = run_scheduler(path, clock, runs, NIGHTLY)
    assert runs == [START + 15 * HOUR]
    assert lines[1:] == [
        "Runs due from Friday 2026-11-27 03:00:00 UTC on were skipped: the previous run had not ended.",
        "Next run: Sunday 2026-11-29 03:00:00 UTC.",
    ]


def test_a_stop_interrupts_a_wait_at_once(path, monkeypatch):
    monkeypatch.setattr(scheduler_module, "LONGEST_WAIT", 1e6)
    stop, waiting = threading.Event(), threading.Event()
    scheduler = Scheduler(path, Plan("0 0 29 2 *", ()), lambda: None, lambda line: waiting.set(), UTC)
    thread = threading.Thread(target=scheduler.loop, args=(stop.wait,), daemon=True)
    thread.start()
    assert waiting.wait(LONG)
    assert thread.is_alive()
    stop.set()
    thread.join(LONG)
    assert not thread.is_alive()


def test_a_stop_during_a_run_announces_no_next_run(path):
    store_state(path, cron=NIGHTLY.cron, arguments=[], next="2026-01-05T03:00:00Z")
    stop = threading.Event()
    lines = []
    Scheduler(path, NIGHTLY, stop.set, lines.append, UTC).loop(stop.wait)
    assert lines == ["The run of Monday 2026-01-05 03:00:00 UTC was missed. Running it now."]
    assert ScheduleState.read(path).begun is None


# the stored state


@pytest.mark.parametrize("plan", [Plan("0 4 * * 1", PLAN.arguments), Plan(PLAN.cron, ("ner",))])
def test_another_plan_replaces_the_stored_one_and_makes_up_no_run(path, plan):
    store_state(path, next="2026-01-05T03:00:00+00:00", begun="2026-01-05T02:00:00+00:00")
    clock = Clock()
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, plan)
    assert lines[0] == "This replaces the stored schedule: retrain ner --when drift at '0 3 * * 1'."
    assert runs == []
    assert ScheduleState.read(path).plan == plan


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"\xff\x00", "Invalid JSON"),
        (b"[]", "object"),
        (b'{"cron": "0 3 * * 1", "arguments": []}', "next: Field required"),
        (b'{"cron": 1, "arguments": [], "next": "2026-01-05T03:00:00Z", "begun": null}', "cron:"),
        (b'{"cron": "", "arguments": [], "next": "2026-01-05T03:00:00", "begun": null}', "next:"),
        (b'{"cron": "", "arguments": [], "next": "soon", "begun": null}', "next:"),
        (b'{"cron": "", "arguments": [], "next": "0001-01-01T00:00:00Z", "begun": null}', "next:"),
        (b'{"cron": "", "arguments": [], "next": "9999-12-31T23:59:59Z", "begun": null}', "next:"),
    ],
)
def test_an_invalid_state_is_refused_and_not_changed(path, content, message):
    path.parent.mkdir()
    path.write_bytes(content)
    clock = Clock()
    runs = Runs(clock)
    with pytest.raises(DataError) as refused:
        run_scheduler(path, clock, runs)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{path} is not the state of a schedule: ")
    assert "Remove the file" in str(refused.value)
    assert (path.read_bytes(), runs) == (content, [])


def test_a_state_that_cannot_be_written_does_not_stop_runs_and_is_not_damaged(path, monkeypatch):
    store_state(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    clock = Clock(2 * DAY)
    runs = Runs(clock)
    lines = run_scheduler(path, clock, runs, NIGHTLY)
    assert len(runs) == 2
    assert (
        f"{path} cannot be written (No space left on device): a missed run would not be caught up." in lines
    )
    assert path.read_bytes() == before


def test_a_second_scheduler_is_refused_with_the_process_of_the_first(tmp_path):
    with try_lock(tmp_path / "lock", "it"):
        with pytest.raises(LockHeldError) as refused, try_lock(tmp_path / "lock", "it"):
            pass
        assert f"(process {os.getpid()}). Wait until it ends, or stop it: kill {os.getpid()}." in str(
            refused.value
        )
    with try_lock(tmp_path / "lock", "it"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_child_that_inherits_the_lock_keeps_it(tmp_path):
    with try_lock(tmp_path / "lock", "it") as lock:
        words = [sys.executable, "-c", "input()"]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(lock,))
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    (tmp_path / "lock").write_text(gone.stdout)
    with child:
        with pytest.raises(LockHeldError, match="has exited, but a child of it is still running"):
            try_lock(tmp_path / "lock", "it").__enter__()
        child.communicate(b"\n")
    with try_lock(tmp_path / "lock", "it"):
        pass


def test_a_command_returns_its_exit_code_or_its_signal(tmp_path):
    def code(program):
        with try_lock(tmp_path / "lock", "it") as lock:
            return Command([sys.executable, "-c", program], tmp_path, lock).run()

    assert code("raise SystemExit(10)") == 10
    assert code("import os; os.kill(os.getpid(), 9)") == -9


def test_a_command_stopped_before_it_starts_is_not_run(tmp_path):
    with try_lock(tmp_path / "lock", "it") as lock:
        command = Command([sys.executable, "-c", "open('begun', 'w')"], tmp_path, lock)
        assert not command.end(2)
        assert command.run() is None
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("zone", ["KST-9", "CET-1CEST,M3.5.0,M10.5.0/3", "Asia/Seuol", '"Asia/Seoul"'])
def test_a_time_zone_without_a_name_is_refused_with_one_that_has(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    with pytest.raises(ConfigError) as raised:
        local_zone()
    assert f"TZ={zone} is not" in str(raised.value) and "Europe/Berlin" in str(raised.value)


def test_the_time_zone_of_the_machine_is_that_of_its_variable(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    assert str(local_zone()) == "Asia/Seoul"
