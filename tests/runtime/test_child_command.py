"""A command ends with what it started when its parent ends, and holds the lock of a killed one until then."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from processes import alive
from seqops.runtime.child_command import run_command
from seqops.runtime.locks import LockHeldError, try_lock

GRANDCHILD = "import os, time; open('grandchild.pid', 'w').write(str(os.getpid())); time.sleep(600)"
CHILD = f"""
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as DVC does
subprocess.run([sys.executable, "-c", {GRANDCHILD!r}])
"""
PARENT = f"""
import os, sys
from pathlib import Path
from seqops.runtime import child_command
from seqops.runtime.console import exit_on_error
from seqops.runtime.locks import try_lock
child_command.PATIENCE = 0.5
with exit_on_error(), try_lock(Path("lock"), "a retraining") as lock:
    child_command.run_command([sys.executable, "-c", {CHILD!r}], Path("."), os.environ, [lock])
"""


@pytest.fixture
def running(tmp_path):
    """A parent, its child and its grandchild, which waits; (process, id of the grandchild)."""
    pipes = {"stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", PARENT]
    parent = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes)
    path = tmp_path / "grandchild.pid"
    while not path.is_file() or not path.read_text():
        assert parent.poll() is None, parent.stderr.read()
        time.sleep(0.02)
    yield parent, int(path.read_text())
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stderr.close()


def test_the_exit_code_folder_and_environment_are_those_of_the_command(tmp_path):
    code = "import os, sys; open('here', 'w').write(os.environ['WORD']); sys.exit(7)"
    assert run_command([sys.executable, "-c", code], tmp_path, {"WORD": "yes"}) == 7
    assert (tmp_path / "here").read_text() == "yes"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_parent_that_is_told_to_end_ends_everything_it_started(running, sent, code):
    parent, grandchild = running
    parent.send_signal(sent)
    _, messages = parent.communicate()
    assert parent.returncode == code
    assert messages == "Stopped. Finished work is kept; run the same command again to resume.\n"
    assert not alive(grandchild)


def test_a_killed_parent_ends_everything_it_started_which_holds_its_lock_until_then(running, tmp_path):
    parent, grandchild = running
    # the child cannot end before the lock is looked at
    child = psutil.Process(grandchild).parent()
    child.suspend()
    parent.kill()
    parent.wait()
    refused = f"a retraining is already running .process {parent.pid} has exited, but a child of it"
    with pytest.raises(LockHeldError, match=refused), try_lock(Path(tmp_path / "lock"), "a retraining"):
        pytest.fail("two at once")
    child.resume()
    while any(map(alive, [child.pid, grandchild])):
        time.sleep(0.02)
    with try_lock(Path(tmp_path / "lock"), "a retraining"):
        pass
