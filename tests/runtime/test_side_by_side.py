"""Commands run at once, each line behind its name; they end with the process that started them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from processes import alive
from seqops.runtime.side_by_side import run_side_by_side

MEETS = """
import sys, time
from pathlib import Path
Path(sys.argv[1]).touch()
while not Path(sys.argv[2]).exists():
    time.sleep(0.02)
print("met", sys.argv[2])
print("an error", file=sys.stderr)
sys.exit(int(sys.argv[3]))
"""
SLEEPS = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
PARENT = f"""
import os, sys
from pathlib import Path
from seqops.runtime.console import exit_on_error
from seqops.runtime.side_by_side import run_side_by_side
commands = {{name: [sys.executable, "-c", {SLEEPS!r}] for name in "abc"}}
with exit_on_error():
    run_side_by_side(commands, Path("."), os.environ, 2)
"""


def test_two_commands_run_at_the_same_time_and_each_line_has_a_name(tmp_path, capsys):
    """Each waits for the file of the other, so that one after the other would never end."""
    meets = [sys.executable, "-c", MEETS]
    commands = {"ner": [*meets, "1", "2", "0"], "forecast": [*meets, "2", "1", "3"]}
    assert run_side_by_side(commands, tmp_path, os.environ, 2) == {"ner": 0, "forecast": 3}
    lines = sorted(capsys.readouterr().out.splitlines())
    assert lines == ["forecast: an error", "forecast: met 1", "ner: an error", "ner: met 2"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_commands_end_with_their_parent_and_the_waiting_ones_never_start(tmp_path, sent, code):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    parent = subprocess.Popen(
        [sys.executable, "-u", "-c", PARENT], cwd=tmp_path, start_new_session=True, **pipes
    )
    pids = [int(parent.stdout.readline().partition(": ")[2]) for _ in range(2)]
    parent.send_signal(sent)
    rest, message = parent.communicate()
    assert parent.returncode == code and rest == ""
    assert message.startswith("Stopped.") == (sent == signal.SIGTERM)
    while any(map(alive, pids)):
        time.sleep(0.02)
