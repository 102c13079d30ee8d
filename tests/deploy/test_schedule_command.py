"""`seqops schedule` as a process: refused, killed, stopped and restarted."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from processes import alive
from seqops.cli import app
from seqops.cli.schedule import OUTCOMES, _run_until_signal, outcome
from seqops.retraining.run_all import CODES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WEEKLY = ("--cron", "0 3 * * 1")
LONG = 120  # seconds; more than anything here takes
STOPPABLE = """
import os, sys, time
open('pid', 'w').write(str(os.getpid()))
try:
    print('begun', *sys.argv[1:], flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    raise SystemExit(130)
"""
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + STOPPABLE


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.delenv("SEQOPS_STATE", raising=False)
    monkeypatch.delenv("SEQOPS_WEBHOOK", raising=False)
    return tmp_path


def write_missed_run(project, *arguments, cron=WEEKLY[1]):
    """Write the state of a scheduler that missed a run."""
    state = {"cron": cron, "arguments": list(arguments), "next": "2026-01-05T03:00:00+00:00", "begun": None}
    (project / ".state").mkdir()
    (project / ".state" / "schedule.json").write_text(json.dumps(state))


def state(project):
    return json.loads((project / ".state" / "schedule.json").read_text())


class SchedulerProcess:
    """A running scheduler and its output."""

    def __init__(self, program, *arguments):
        words = [sys.executable, str(HERE / "run_scheduler.py"), program, *WEEKLY, *arguments]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.output = queue.Queue(), []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def wait(self, part):
        """Wait for a line that contains `part`; return it."""
        while not self.output or part not in self.output[-1]:
            try:
                self.output.append(self.lines.get(timeout=LONG))
            except queue.Empty:
                raise AssertionError((part, self.output)) from None
        return self.output[-1]

    def end(self, by=signal.SIGTERM):
        self.process.send_signal(by)
        return self.process.wait(LONG)


@contextmanager
def running_scheduler(program, *arguments):
    scheduler = SchedulerProcess(program, *arguments)
    try:
        yield scheduler
    finally:
        scheduler.process.kill()
        scheduler.process.wait()


def refused(*arguments):
    """Start a scheduler that must be refused; return its stderr."""
    words = [sys.executable, str(HERE / "run_scheduler.py"), "", *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_missed_run_is_made_up_once_and_a_killed_scheduler_resumes(project):
    write_missed_run(project, "ner", "--when", "drift", "--when", "age=7d", "--tune", "3")
    arguments = ("ner", "--when", "drift", "--when", "age=7d", "--tune", "3")
    program = "import sys; print('given', *sys.argv[1:], flush=True); raise SystemExit(10)"
    with running_scheduler(program, *arguments) as first:
        first.wait("Scheduled: retrain ner --when drift --when age=7d --tune 3 at '0 3 * * 1', time zone ")
        first.wait("was missed. Running it now.")
        assert first.wait("given") == "given ner --when drift --when age=7d --tune 3"
        first.wait("kept (exit 10) after ")
        first.wait("Next run: Monday ")
        message = refused(*WEEKLY)
        assert f"a schedule of this project is already running (process {first.process.pid})." in message
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    left = state(project)
    with running_scheduler(program, *arguments) as second:
        second.wait("Next run: Monday ")
        assert second.end() == 0
        second.wait("Stopped.")
    assert not any("missed" in line or "retraining started" in line for line in second.output)
    assert state(project) == left


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_forwarded_to_the_retraining_which_may_finish(project, by):
    write_missed_run(project)
    with running_scheduler(STOPPABLE) as scheduler:
        scheduler.wait("begun")
        assert scheduler.end(by) == 0
        scheduler.wait("Waiting for the retraining to stop")
        scheduler.wait("stopped (exit 130)")
        scheduler.wait("Stopped.")
    assert gone(int((project / "pid").read_text()))
    assert state(project)["begun"] is None


def test_a_second_signal_kills_a_retraining_that_ignores_the_first(project):
    write_missed_run(project)
    with running_scheduler(STUBBORN) as scheduler:
        scheduler.wait("begun")
        scheduler.process.send_signal(signal.SIGINT)
        scheduler.wait("Waiting for the retraining to stop")
        assert scheduler.end(signal.SIGINT) == 0
        scheduler.wait("ended by SIGKILL")
    assert gone(int((project / "pid").read_text()))


def test_a_killed_scheduler_ends_its_retraining_which_blocks_the_next_one_until_then(project):
    write_missed_run(project)
    with running_scheduler(STOPPABLE) as scheduler:
        scheduler.wait("begun")
        children = psutil.Process(scheduler.process.pid).children()
        watcher = next(child for child in children if child.cmdline()[-1].endswith("process_tree.py"))
        watcher.suspend()  # so that nothing ends before the lock is looked at
        scheduler.end(signal.SIGKILL)
    pid = int((project / "pid").read_text())
    left = f"(process {scheduler.process.pid} has exited, but a child of it is still running)"
    assert left in refused(*WEEKLY)
    watcher.resume()
    assert gone(pid)
    with running_scheduler("raise SystemExit(11)") as scheduler:
        scheduler.wait("was interrupted. Running it again now.")
        scheduler.wait("nothing to do (exit 11)")
        scheduler.wait("Next run: Monday ")
        assert scheduler.end() == 0


def gone(pid):
    """Wait for the end of a process; return whether it ended."""
    deadline = time.monotonic() + LONG
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    ("program", "shown", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL", "the retraining was ended by SIGKILL"),
        ("raise ValueError", "failed (exit 1)", "the retraining has failed (exit 1)"),
        ("raise SystemExit(130)", "stopped (exit 130)", "the retraining has stopped (exit 130)"),
        ("raise SystemExit(13)", "failed (exit 13)", None),
    ],
)
def test_a_retraining_that_ends_otherwise_than_expected_sends_a_notification(project, program, shown, reason):
    write_missed_run(project)
    yaml, path = YAML(), project / "params.yaml"
    document = yaml.load(path)
    notification = project / "notification.json"
    received = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    document["notify"]["command"] = [sys.executable, "-c", received, str(notification)]
    yaml.dump(document, path)
    with running_scheduler(program) as scheduler:
        scheduler.wait(shown)
        scheduler.wait("Next run: Monday ")
        assert scheduler.end() == 0
    assert notification.exists() == (reason is not None)
    if reason:
        event = json.loads(notification.read_text())
        assert (event["outcome"], event["reason"]) == ("failed", reason)


def test_a_corrupt_state_is_refused(project):
    write_missed_run(project)
    (project / ".state" / "schedule.json").write_text('{"cron": "0 3')
    message = refused(*WEEKLY)
    assert "schedule.json is not the state of a schedule: Invalid JSON" in message
    assert "Remove the file" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cron", "0 3 * *"), "it has 4 fields instead of five"),
        (("--cron", "61 3 * * 1"), 'Example: "0 3 * * 1", every Monday at 03:00.'),
        ((*WEEKLY, "nerr"), "did you mean 'ner'"),
        ((*WEEKLY, "--when", "drft"), "unknown trigger 'drft'"),
    ],
)
def test_an_invalid_schedule_is_refused_at_once(project, arguments, message):
    done = CliRunner().invoke(app, ["schedule", *arguments])
    assert done.exit_code == 1
    assert message in done.stderr
    assert not (project / ".state").exists()


def test_exit_codes_have_the_same_names_as_in_retrain():
    names = {"nothing": "nothing to do", "refused": "data refused", "failed": "failed"}
    for name, code in CODES.items():
        if name != "due":  # of a dry run only
            assert outcome(code) == f"{names.get(name, name)} (exit {code})"
    assert set(OUTCOMES) <= {*CODES.values(), 130}
    assert outcome(-9) == "ended by SIGKILL"


def test_of_two_signals_at_once_none_is_lost():
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        for _ in range(50):
            sent, killed = [], threading.Event()

            def end(number, sent=sent, killed=killed):
                sent.append(number)
                if number == signal.SIGKILL:
                    killed.set()
                return True

            def loop(stopped, killed=killed):
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGTERM)
                assert killed.wait(LONG)

            _run_until_signal(SimpleNamespace(loop=loop), SimpleNamespace(end=end))
            assert sent == [signal.SIGINT, signal.SIGKILL]
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
