"""Commands that run at once, with each line of their output behind the name of its command."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seqops.runtime.console import exit_on_sigterm, out
from seqops.runtime.process_tree import PATIENCE, end_tree, watched


def run_side_by_side(
    commands: Mapping[str, Sequence[str]], folder: Path, environment: Mapping[str, str], jobs: int
) -> dict[str, int]:
    """Run named commands in a folder, `jobs` at a time; return the exit code of each.

    They end, with all that they started, when this process ends.
    """
    running: dict[str, subprocess.Popen[str]] = {}

    def run(name: str) -> int:
        with watched() as watch:
            process = running[name] = subprocess.Popen(  # noqa: S603
                commands[name],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            watch(process.pid)
            for line in process.stdout or ():
                out.print(f"{name}: {line.rstrip()}", markup=False, highlight=False)
            return process.wait()

    with exit_on_sigterm(), ThreadPoolExecutor(jobs) as pool:
        try:
            return dict(zip(commands, pool.map(run, commands), strict=True))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            # a Ctrl-C at the terminal has reached them too
            patience = PATIENCE if isinstance(error, KeyboardInterrupt) else 0
            for process in list(running.values()):
                end_tree(process.pid, patience)
            raise
