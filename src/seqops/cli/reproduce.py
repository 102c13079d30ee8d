"""The stages of tasks as params.yaml has them, by DVC: one task after the other, or several at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.runtime.child_command import run_command
from seqops.runtime.environment import stage_environment
from seqops.runtime.side_by_side import run_side_by_side
from seqops.runtime.stage_numbers import numbered, planned


def reproduce(project: Project, tasks: Sequence[str], jobs: int) -> None:
    """Bring the stages of tasks up to date, also of those after one that fails.

    jobs: how many tasks run at once. Raises SeqopsError that names the tasks that failed.
    """
    environment = numbered(stage_environment(), planned(project.root, tasks))
    # DVC refuses a second command, unless it is told to wait, while a first one reads or writes dvc.lock
    dvc = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro"]
    commands = {task: [*dvc, f"evaluate@{task}"] for task in tasks}
    if jobs == 1:
        codes = {task: run_command(words, project.root, environment) for task, words in commands.items()}
    else:
        codes = run_side_by_side(commands, project.root, environment, jobs)
    if failed := [task for task, code in codes.items() if code]:
        raise SeqopsError(
            f"stages of {', '.join(failed)} failed; see above. Fix it and run the same command again: "
            "finished stages are not repeated."
        )
