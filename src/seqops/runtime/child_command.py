"""A command that ends with everything it started when this process ends."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from seqops.runtime.console import exit_on_sigterm
from seqops.runtime.process_tree import PATIENCE, end_tree, watched


def run_command(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], locks: Sequence[int] = ()
) -> int:
    """Run a command in a folder to its end; return its exit code.

    locks: file descriptors that it inherits, so that it holds their locks until it ends if this process is
    killed.
    """
    with exit_on_sigterm(), watched() as watch:
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), pass_fds=tuple(locks))  # noqa: S603
        watch(process.pid)
        try:
            return process.wait()
        except KeyboardInterrupt:
            # a Ctrl-C at the terminal has reached them too
            end_tree(process.pid, patience=PATIENCE)
            raise
        except BaseException:
            end_tree(process.pid, patience=0)
            raise
