"""`seqops weights`: bring pretrained weights into the project's store."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from seqops.cli.options import Debug
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.preprocessing.pretrained_weights import WeightsStore
from seqops.runtime.console import err, exit_on_error, out
from seqops.sources.weights_catalog import entry_of, read_weights_catalog


def weights(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A name of data/weights.yaml; without one: list them.")
    ] = "",
    debug: Debug = False,
) -> None:
    """Download pretrained weights, verify and convert them, and keep them in the project's store."""
    with exit_on_error(debug):
        project = Project.find()
        store = WeightsStore.of_state(project.state)
        if not name:
            out.print(_listed(project, store))
            return
        from seqops.sources.weights import bring

        entry = entry_of(project.weights_catalog, name)
        sha256 = bring(name, entry, store, err)
        lines = [
            f"{name}: {entry.origin}.",
            f"Licence: {entry.licence}. sha256 of the weights: {sha256}.",
            f"Use them: `pretrained: {name}` under `data`, and under `model` `{entry.settings}`.",
        ]
        out.print("\n".join(lines), markup=False, highlight=False)


def _listed(project: Project, store: WeightsStore) -> Table:
    table = Table("name", "here", "licence", "origin")
    for name, entry in read_weights_catalog(project.weights_catalog).items():
        try:
            here = store.origin(name)["sha256"][:12]
        except SeqopsError:
            here = "no"
        table.add_row(name, here, entry.licence, entry.origin)
    return table
