"""`seqops drift`: do the rows on disk look like those that the champion was trained on?"""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from seqops.cli.options import Debug, OneTask
from seqops.console import out, plainly
from seqops.contract import SeqopsError
from seqops.params import Params
from seqops.store import Store, read_table


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
        from seqops.blocks import track
        from seqops.blocks.champion_drift import against_champion

        client = track.connect(store)
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
