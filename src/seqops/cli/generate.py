"""`seqops generate`: text that goes on from a prompt, shown as it is made."""

from __future__ import annotations

import json
from itertools import chain
from typing import Annotated

import typer

from seqops.cli.options import Debug, OneTask
from seqops.cli.predict import running_version
from seqops.runtime.console import exit_on_error

Prompt = Annotated[str, typer.Argument(metavar="[PROMPT]", help="How the text begins.")]
Temperature = Annotated[float | None, typer.Option(help="0: the likeliest text; higher: more daring.")]
TopK = Annotated[int | None, typer.Option("--top-k", help="Choose among so many likeliest tokens; 0: all.")]
TopP = Annotated[float | None, typer.Option("--top-p", help="Choose among those of this probability.")]
Length = Annotated[int | None, typer.Option(help="Tokens to write.")]
Seed = Annotated[int | None, typer.Option(help="The same seed writes the same text.")]
Alias = Annotated[str, typer.Option(help="Which registered version answers.")]


def generate(
    task: OneTask,
    prompt: Prompt = "",
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    length: Length = None,
    seed: Seed = None,
    alias: Alias = "champion",
    debug: Debug = False,
) -> None:
    """Write on from a prompt with the registered model of a task, piece by piece."""
    said = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "length": length, "seed": seed}
    request = {"prompt": prompt, **{name: value for name, value in said.items() if value is not None}}
    with exit_on_error(debug), running_version(task, alias) as version:
        pieces = version.stream(json.dumps(request, ensure_ascii=False))
        # the first piece before the prompt, so that a refusal stands alone
        for piece in chain([prompt + next(pieces, "")], pieces):
            typer.echo(piece, nl=False)  # which writes it out at once
        typer.echo()
