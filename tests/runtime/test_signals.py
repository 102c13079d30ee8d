"""A signal ends a command in words, also one that comes where Python ignores exceptions."""

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINES = sorted((Path(__file__).parents[2] / "pipelines").glob("*.py"))
STOPPED = "Stopped. Finished work is kept; run the same command again to resume.\n"
COMMAND = """
import os, signal, sys, time
from seqops.runtime.console import exit_on_error

class Late:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(0.01)
        assert False, "the signal was not ignored"

signal.signal(signal.SIGHUP, signal.SIG_DFL)
with exit_on_error():
    late = Late()
    del late
    time.sleep(60)
"""
TWICE = """
import os, signal, sys, time
from seqops.runtime.console import exit_on_error

class Late:
    def __del__(self):
        raise ValueError

def report(ignored):
    os.kill(os.getpid(), int(sys.argv[1]))
    time.sleep(0.01)
    print("reported")

signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.unraisablehook = report
with exit_on_error():
    late = Late()
    del late
    time.sleep(60)
"""
NOHUP = """
import os, signal
from seqops.runtime.console import exit_on_error

signal.signal(signal.SIGHUP, signal.SIG_IGN)
with exit_on_error():
    os.kill(os.getpid(), signal.SIGHUP)
    print("went on")
"""
SLOW = """
import os, signal
try:
    os.kill(os.getpid(), {number})
    for _ in range(1000): pass
except BaseException as error:
    raise ImportError("initialization failed") from error
"""
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import seqops
import slow
"""
LAZY = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from seqops.runtime.console import exit_on_error
from seqops.runtime.environment import silence_stderr
with exit_on_error():
    with silence_stderr():
        import slow
        print("imported")
    print("went on")
"""
LATER = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import seqops
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("raised")
"""
OWN = """
import signal
signal.signal(signal.SIGINT, print)
import seqops
print(signal.getsignal(signal.SIGINT) is print)
"""


@pytest.mark.parametrize(("number", "code"), [(15, 143), (2, 130), (1, 129)])
def test_a_signal_inside_a_destructor_is_not_lost(number, code):
    command = [sys.executable, "-c", COMMAND, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == STOPPED


@pytest.mark.parametrize(("number", "code"), [(15, 143), (1, 129)])
def test_a_signal_while_an_ignored_exception_is_reported_is_not_lost(number, code):
    command = [sys.executable, "-c", TWICE, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "reported\n")
    assert done.stderr == STOPPED


def test_a_signal_that_is_ignored_stays_ignored():
    command = [sys.executable, "-c", NOHUP]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


@pytest.fixture
def run(tmp_path):
    """Run a program that may import `slow`, which gets a signal meanwhile and makes another error of it."""

    def done(program, number=signal.SIGINT):
        (tmp_path / "slow.py").write_text(SLOW.format(number=int(number)))
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return done


def test_ctrl_c_while_a_program_imports_ends_it_with_one_line(run):
    done = run(PROGRAM)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, STOPPED)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_command_imports_ends_it_after_the_import(run, number, code):
    done = run(LAZY, number)
    assert (done.returncode, done.stdout, done.stderr) == (code, "imported\n", STOPPED)


def test_ctrl_c_after_the_imports_can_be_handled(run):
    assert run(LATER).stdout == "raised\n"


def test_a_handler_that_is_already_there_stays(run):
    assert run(OWN).stdout == "True\n"


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_stage_imports_this_package_before_others(path):
    tops = [
        node
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in tops]
    packages = [name.partition(".")[0] for name in names]
    assert next(name for name in packages if name not in sys.stdlib_module_names) == "seqops"
