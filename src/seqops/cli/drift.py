"""`seqops drift`: compare the rows on disk with the training rows of the champion."""

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
from seqops.registry.names import registered_name
from seqops.runtime.console import exit_on_error, out


def drift(
    task: OneTask,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    debug: Debug = False,
) -> None:
    """Compare the validated rows of a task with the training rows of its champion."""
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        configured, thresholds = params.task(task), params.drift
        table = read_table(project.task_paths(task).table)
        from seqops.retraining.champion_drift import drift_from_champion
        from seqops.tracking import connection

        client = connection.connect(project)
        report = drift_from_champion(configured, client, table, np.ones(len(table), np.bool_), thresholds)
        if report is None:
            raise SeqopsError(
                f"{registered_name(configured)} has no champion with statistics of its training rows. "
                "Either there is no champion, or it was registered by a release that did not store them. "
                f"Train a new version: `dvc repro evaluate@{task}`."
            )
        if as_json:
            out.print(json.dumps(report.to_json(), ensure_ascii=False), markup=False, highlight=False)
            return
        out.print(report.table())
        out.print(report.summary(), markup=False, highlight=False)
