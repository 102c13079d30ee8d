"""Arguments and options shared by several commands."""

from __future__ import annotations

from typing import Annotated

import typer

OneTask = Annotated[str, typer.Argument(metavar="TASK", help="A task of params.yaml.")]
Tasks = Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Only these tasks.")]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Registered model; default: that of the task and its present source."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
