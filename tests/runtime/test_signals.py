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

with exit_on_error():
    late = Late()
    del late
    time.sleep(60)
"""


@pytest.mark.parametrize(("number", "code"), [(15, 143), (2, 130)])
def test_a_signal_inside_a_destructor_is_not_lost(number, code):
    command = [sys.executable, "-c", COMMAND, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == "Stopped. Finished work is kept; run the same command again to resume.\n"
