"""`seqops drift`: do the rows on disk look like those that the champion was trained on?"""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from seqops.cli.options import Debug, OneTask
from seqops.core.arrays_io import read_table
from seqops.core.errors import SeqopsError
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import out, plainly


def drift(
    task: OneTask,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    debug: Debug = False,
) -> None:
    """Hold the validated rows of a task against those that its champion was trained on."""
    with plainly(debug):
        store = Store.find()
        params = Params.load(store.params)
        configured, thresholds = params.task(task), params.drift
        table = read_table(store.folder(task).table)
        from seqops.retraining.champion_drift import against_champion
        from seqops.tracking import connection

        client = connection.connect(store)
        found = against_champion(configured, client, table, np.ones(len(table), np.bool_), thresholds)
        if found is None:
            raise SeqopsError(
                f"no champion of {configured.data.registered_name} keeps statistics of its training rows: "
                "there is none, or it was registered before versions kept them. Train another: `dvc repro`."
            )
        if as_json:
            out.print(json.dumps(found.document(), ensure_ascii=False), markup=False, highlight=False)
            return
        out.print(found.table())
        out.print(found.said(), markup=False, highlight=False)
