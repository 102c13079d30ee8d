"""Acts in children of a process that has imported everything: a kill costs no start-up.

A child dies at a moment that is chosen beforehand: after so many seconds of its own work, or at the n-th time
that it opens, renames, makes or removes a file of its project.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from seqops.runtime.console import exit_on_error

# its own pool takes a GiB at once, which is what a fuzzed child may grow by
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
SERVER = multiprocessing.get_context("forkserver")
PRELOADED = ["training.loop", "registry.publish", "evaluation.report", "validation", "tuning.tune"]
SERVER.set_forkserver_preload([f"seqops.{name}" for name in PRELOADED])
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.move"}
SECONDS = 240
"""A child that takes longer hangs."""


@dataclass(frozen=True)
class Moment:
    """When a child dies: after seconds of its work, or at a change of its project's files (from 1)."""

    seconds: float | None = None
    change: int | None = None


@dataclass(frozen=True)
class Played:
    """How a child ended: its exit code, seconds of its work, changes of files, and what it said."""

    code: int
    seconds: float
    changes: int
    said: str

    @property
    def killed(self):
        return self.code == -signal.SIGKILL


def play(root, act, *arguments, moment=None, environment=None):
    """Let a child do `act(*arguments)` in a project folder; it dies at the moment, if it comes to it."""
    log, tally = Path(root) / "said.log", SERVER.Value("q", 0)
    started, ended = (SERVER.Value("d", 0.0) for _ in range(2))
    log.unlink(missing_ok=True)
    given = (str(root), act, arguments, environment or {}, moment or Moment(), tally, started, ended)
    child = SERVER.Process(target=_child, args=given)
    child.start()
    if moment and moment.seconds is not None:
        _wait(lambda: started.value or child.exitcode is not None)
        child.join(max(0.0, started.value + moment.seconds - time.monotonic()))
        child.kill()
    child.join(SECONDS)
    hangs = child.exitcode is None
    if hangs:
        child.kill()
        child.join()
    said = log.read_text("utf-8", errors="replace")
    assert not hangs, f"it hung for {SECONDS} s:\n{said}"
    return Played(child.exitcode, (ended.value or time.monotonic()) - started.value, tally.value, said)


def _wait(true):
    until = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < until
        time.sleep(0.001)


def _child(root, act, arguments, environment, moment, tally, started, ended):
    log = os.open(Path(root) / "said.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name in ("MLFLOW_TRACKING_URI", "SEQOPS_STATE"):
        os.environ.pop(name, None)
    os.environ.update({"SEQOPS_ROOT": root, **environment})
    os.chdir(root)
    sys.path.insert(0, str(Path(root) / "pipelines"))
    sys.addaudithook(_counter(root, moment, tally))
    started.value = time.monotonic()
    try:
        with exit_on_error():
            act(*arguments)
    finally:
        ended.value = time.monotonic()


def _counter(root, moment, tally):
    """Count what changes the project's files, and die at the chosen change."""

    def heed(event, arguments):
        if event == "open":
            path, _mode, flags = arguments
            changes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        else:
            path, changes = arguments[0] if arguments else "", event in CHANGES
        if not changes or not _within(path, root):
            return
        tally.value += 1
        if tally.value == moment.change:
            os.kill(os.getpid(), signal.SIGKILL)

    return heed


def _within(path, root):
    with contextlib.suppress(TypeError, ValueError):
        return os.path.realpath(os.fspath(path)).startswith(root)
    return False


def stage(name, function, task):
    """Run a stage of the project folder as its program does."""
    getattr(importlib.import_module(name), function)(task)
