"""`seqops tune`: tune the hyperparameters of a task and write the best values into params.yaml."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, OneTask
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.child_command import run_command
from seqops.runtime.console import exit_on_error
from seqops.runtime.dvc_lock import one_dvc, remove_cut_list
from seqops.runtime.dvc_record import require_readable_record
from seqops.runtime.environment import stage_environment
from seqops.tuning.search_space import space_of

Trials = Annotated[
    int | None, typer.Option(min=1, help="Total number of trials of the study, over all runs.")
]
Timeout = Annotated[float | None, typer.Option(min=0, help="Seconds after which no new trial starts.")]
Jobs = Annotated[int, typer.Option(min=1, help="Number of parallel worker processes.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tune, but only show what would be written.")]
Storage = Annotated[
    str | None,
    typer.Option(
        envvar="SEQOPS_STUDIES", help="SQLAlchemy URL of the study storage; default: a file in .state."
    ),
]


def tune(
    task: OneTask,
    trials: Trials = None,
    timeout: Timeout = None,
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    storage: Storage = None,
    debug: Debug = False,
) -> None:
    """Tune over tasks.TASK.search, retrain the best trials with other seeds, write the best values."""
    with exit_on_error(debug):
        project = Project.find()
        space_of(Params.load(project.params), task)
        _encode(project, task)
        from seqops.tuning.tune import TuneOptions
        from seqops.tuning.tune import tune as tuned

        tuned(project, task, TuneOptions(trials, timeout, jobs, dry_run, storage))


def _encode(project: Project, task: str) -> None:
    """Encode the data of the task with the current params.yaml by `dvc repro`, after any other one."""
    require_readable_record(project)
    remove_cut_list(project)
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", f"preprocess@{task}"]
    with one_dvc(project, task):
        code = run_command(command, project.root, stage_environment())
    if code:
        raise SeqopsError(f"the data of {task} could not be prepared. Fix the error above and run again.")
