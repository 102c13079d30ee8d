"""A server as a child process that never outlives this one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from seqops.runtime.console import exit_on_sigterm
from seqops.runtime.process_tree import watched

PATIENCE = 10.0
"""Seconds that the processes of a server have to end before they are killed."""


def run_server(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server to its end; return its exit code. All of its processes end with this one."""
    with exit_on_sigterm(), watched() as watch:
        # a group of its own, because a server starts workers, which would go on listening
        process = subprocess.Popen(list(command), env=dict(environment), process_group=0)  # noqa: S603
        watch(process.pid)
        try:
            return process.wait()
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    try:
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.poll()
