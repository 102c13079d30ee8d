"""`seqops retrain`: fetch the data again, and retrain if a trigger is met."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error, make_output_optional

When = Annotated[
    list[str] | None,
    typer.Option(
        "--when",
        metavar="always|new-data|drift|age=7d",
        help="Trigger of a retraining; repeat for several, any one suffices. Default: retraining.triggers.",
    ),
]
FormerWhen = Annotated[list[str] | None, typer.Option("--if", hidden=True)]
Tune = Annotated[int, typer.Option(min=0, metavar="N", help="Tune with N trials first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only report what would be done.")]


def retrain(
    tasks: Tasks = None,
    when: When = None,
    former: FormerWhen = None,
    tune: Tune = 0,
    dry_run: DryRun = False,
    debug: Debug = False,
) -> None:
    """Fetch the sources again, retrain if a trigger is met, and promote the new model if it is better.

    Exit codes: 0 promoted, 10 kept, 11 nothing to do, 12 data refused, 13 failed, any other: error. For
    several tasks, the first of these that occurred: 13, 12, 0, 10, 11.
    """
    with exit_on_error(debug):
        make_output_optional()
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
