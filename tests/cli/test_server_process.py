"""A server and its workers end with the command that started them; closed standard streams harm nothing."""

import signal
import subprocess
import sys
import time

import pytest

from processes import alive

WORKER = "import signal, sys, time; {} sys.stdout.write('ready\\n'); sys.stdout.flush(); time.sleep(600)"
SERVER = f"""
import os, subprocess, sys
worker = subprocess.Popen([sys.executable, '-c', {WORKER!r}.format(sys.argv[1])], stdout=subprocess.PIPE)
worker.stdout.readline()
print(os.getpid(), worker.pid, flush=True)
worker.wait()
"""
COMMAND = """
import os, signal, sys
from seqops.cli import server_process
# a shell starts what runs in the background with SIGINT ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
server_process.PATIENCE = 0.5
sys.exit(server_process.run_server([sys.executable, '-c', *sys.argv[1:]], os.environ))
"""
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN);"


@pytest.mark.parametrize("worker", ["", STUBBORN])
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_the_server_and_its_workers(worker, by):
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, SERVER, worker],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2 and all(alive(pid) for pid in pids)
        process.send_signal(by)
        assert process.wait(60) != 0
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)


def test_the_exit_code_is_that_of_the_server():
    done = subprocess.run([sys.executable, "-c", COMMAND, "raise SystemExit(7)"], check=False)
    assert done.returncode == 7


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_with_closed_standard_streams_runs(closed, tmp_path):
    program = (
        "from seqops.runtime.console import err, out\n"
        "out.print('a'); err.print('b')\n"
        f"file = open({str(tmp_path / 'file')!r}, 'w')\n"
        "assert file.fileno() > 2\n"
        "import sys; assert sys.stdin.isatty() in (True, False)"
    )
    command = ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, program]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
