"""`seqops retrain`: fetch anew, and train again where there is a reason to."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error

When = Annotated[
    list[str] | None,
    typer.Option(
        "--when",
        metavar="always|new-data|drift|age=7d",
        help="When it is due; may be given again: one is enough. Else as retraining.triggers of params.yaml.",
    ),
]
FormerWhen = Annotated[list[str] | None, typer.Option("--if", hidden=True)]
Tune = Annotated[int, typer.Option(min=0, metavar="N", help="Search with N trials first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def retrain(
    tasks: Tasks = None,
    when: When = None,
    former: FormerWhen = None,
    tune: Tune = 0,
    dry_run: DryRun = False,
    debug: Debug = False,
) -> None:
    """Fetch the sources anew, and retrain where it is due; the better model wins.

    Exit codes: 0 promoted, 10 kept, 11 nothing to do, 12 data refused, anything else an error. Of several
    tasks the first of these counts: error, 12, 0, 10, 11.
    """
    with exit_on_error(debug):
        from seqops.retraining.run_all import retrain_all

        project = Project.find()
        params = Params.load(project.params)
        sys.exit(
            retrain_all(
                project,
                tasks or params.names,
                [*(when or []), *(former or [])] or params.retraining.triggers,
                tune,
                dry_run,
                debug,
            )
        )
