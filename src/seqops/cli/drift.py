"""`seqops drift`: do the rows on disk look like those that the champion was trained on?"""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from seqops.cli.options import Debug, OneTask
from seqops.core.arrays_io import read_table
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error, out


def drift(
    task: OneTask,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    debug: Debug = False,
) -> None:
    """Hold the validated rows of a task against those that its champion was trained on."""
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        configured, thresholds = params.task(task), params.drift
        table = read_table(project.task_paths(task).table)
        from seqops.retraining.champion_drift import drift_from_champion
        from seqops.tracking import connection

        client = connection.connect(project)
        found = drift_from_champion(configured, client, table, np.ones(len(table), np.bool_), thresholds)
        if found is None:
            raise SeqopsError(
                f"no champion of {configured.data.registered_name} keeps statistics of its training rows: "
                "there is none, or it was registered before versions kept them. Train another: `dvc repro`."
            )
        if as_json:
            out.print(json.dumps(found.to_json(), ensure_ascii=False), markup=False, highlight=False)
            return
        out.print(found.table())
        out.print(found.summary(), markup=False, highlight=False)
