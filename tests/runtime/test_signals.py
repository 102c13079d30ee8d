"""A signal ends a command in words, also one that comes where Python ignores exceptions."""

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(("number", "code"), [(15, 143), (2, 130), (1, 129)])
def test_a_signal_inside_a_destructor_is_not_lost(number, code):
    command = [sys.executable, "-c", COMMAND, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == "Stopped. Finished work is kept; run the same command again to resume.\n"


@pytest.mark.parametrize(("number", "code"), [(15, 143), (1, 129)])
def test_a_signal_while_an_ignored_exception_is_reported_is_not_lost(number, code):
    command = [sys.executable, "-c", TWICE, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "reported\n")
    assert done.stderr == "Stopped. Finished work is kept; run the same command again to resume.\n"


def test_a_signal_that_is_ignored_stays_ignored():
    command = [sys.executable, "-c", NOHUP]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")
