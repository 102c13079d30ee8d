"""`seqops retrain`: fetch anew, and train again where there is a reason to."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import plainly

If = Annotated[
    list[str] | None,
    typer.Option(
        "--if",
        metavar="always|new-data|drift|age=7d",
        help="When it is due; may be given again: one is enough. Else as retraining.triggers of params.yaml.",
    ),
]
Tune = Annotated[int, typer.Option(min=0, metavar="N", help="Search with N trials first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def retrain(
    tasks: Tasks = None, when: If = None, tune: Tune = 0, dry_run: DryRun = False, debug: Debug = False
) -> None:
    """Fetch the sources anew, and retrain where it is due; the better model wins.

    Exit codes: 0 promoted, 10 kept, 11 nothing to do, 12 data refused, anything else an error. Of several
    tasks the first of these counts: error, 12, 0, 10, 11.
    """
    with plainly(debug):
        from seqops.retraining.run_all import rounds

        store = Store.find()
        params = Params.load(store.params)
        sys.exit(
            rounds(store, tasks or params.names, when or params.retraining.triggers, tune, dry_run, debug)
        )
