"""A command that ends with everything it started when this process is told to end."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from seqops.runtime.console import exit_on_sigterm

PATIENCE = 10.0
"""Seconds that processes have to end before they are told, and then before they are killed."""


def run_command(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], locks: Sequence[int] = ()
) -> int:
    """Run a command in a folder to its end; return its exit code.

    locks: file descriptors that it inherits, so that it holds their locks if this process is killed.
    """
    with exit_on_sigterm():
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), pass_fds=tuple(locks))  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            # a Ctrl-C at the terminal has reached them too
            end_tree(process.pid, patience=PATIENCE)
            raise
        except BaseException:
            end_tree(process.pid, patience=0)
            raise


def end_tree(pid: int, patience: float) -> None:
    """End a process and its descendants, if they do not end within some seconds."""
    try:
        first = psutil.Process(pid)
        running = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for seconds, act in ((patience, psutil.Process.terminate), (PATIENCE, psutil.Process.kill)):
        _, running = psutil.wait_procs(running, timeout=seconds)
        for process in running:
            with suppress(psutil.NoSuchProcess):
                act(process)
    psutil.wait_procs(running)
