"""Functions run in children of a process that has imported everything, so that a kill costs no start-up.

A child is killed at a moment chosen in advance: after some seconds of its work, or at the n-th time that it
opens, renames, creates or removes a file of its project.
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

# Arrow's own pool reserves a GiB at once, as much as a fuzzed child may grow by
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
SERVER = multiprocessing.get_context("forkserver")
PRELOADED = ["training.loop", "registry.publish", "evaluation.report", "validation", "tuning.tune"]
SERVER.set_forkserver_preload([f"seqops.{name}" for name in PRELOADED])
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.move"}
SECONDS = 240
"""A child that takes longer is considered hung."""


@dataclass(frozen=True)
class Moment:
    """When a child is killed: after seconds of its work, or at the n-th change of its files (from 1)."""

    seconds: float | None = None
    change: int | None = None


@dataclass(frozen=True)
class ChildResult:
    """How a child ended: its exit code, seconds of its work, changes of files, and its output."""

    code: int
    seconds: float
    changes: int
    output: str

    @property
    def killed(self):
        return self.code == -signal.SIGKILL


def run_in_child(root, act, *arguments, moment=None, environment=None):
    """Run `act(*arguments)` in a child in a project folder; it is killed at the moment, if it gets there."""
    log, counter = Path(root) / "output.log", SERVER.Value("q", 0)
    started, ended = (SERVER.Value("d", 0.0) for _ in range(2))
    log.unlink(missing_ok=True)
    child_arguments = (
        str(root),
        act,
        arguments,
        environment or {},
        moment or Moment(),
        counter,
        started,
        ended,
    )
    child = SERVER.Process(target=_child, args=child_arguments)
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
    output = log.read_text("utf-8", errors="replace")
    assert not hangs, f"it hung for {SECONDS} s:\n{output}"
    seconds = (ended.value or time.monotonic()) - started.value
    return ChildResult(child.exitcode, seconds, counter.value, output)


def _wait(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def _child(root, act, arguments, environment, moment, counter, started, ended):
    log = os.open(Path(root) / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name in ("MLFLOW_TRACKING_URI", "SEQOPS_STATE"):
        os.environ.pop(name, None)
    os.environ.update({"SEQOPS_ROOT": root, **environment})
    os.chdir(root)
    sys.path.insert(0, str(Path(root) / "pipelines"))
    sys.addaudithook(_counter(root, moment, counter))
    started.value = time.monotonic()
    try:
        with exit_on_error():
            act(*arguments)
    finally:
        ended.value = time.monotonic()


def _counter(root, moment, counter):
    """Count the changes of the project's files, and kill the process at the chosen change."""

    def count(event, arguments):
        if event == "open":
            path, _mode, flags = arguments
            changes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        else:
            path, changes = arguments[0] if arguments else "", event in CHANGES
        if not changes or not _within(path, root):
            return
        counter.value += 1
        if counter.value == moment.change:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def _within(path, root):
    with contextlib.suppress(TypeError, ValueError):
        return os.path.realpath(os.fspath(path)).startswith(root)
    return False


def stage(name, function, task):
    """Run a stage of the project folder as its script does."""
    getattr(importlib.import_module(name), function)(task)
