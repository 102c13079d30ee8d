"""`seqops generate`: continue a prompt, printed as it is generated."""

from __future__ import annotations

import json
from itertools import chain
from typing import Annotated

import typer

from seqops.cli.answering import print_unknown, running_version
from seqops.cli.options import Debug, Model, OneTask
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error

Prompt = Annotated[str, typer.Argument(metavar="[PROMPT]", help="Text to continue.")]
Temperature = Annotated[float | None, typer.Option(help="Sampling temperature; 0: greedy decoding.")]
TopK = Annotated[
    int | None, typer.Option("--top-k", help="Sample from this many of the most likely tokens; 0: all.")
]
TopP = Annotated[
    float | None,
    typer.Option("--top-p", help="Sample from the most likely tokens with this total probability."),
]
Length = Annotated[int | None, typer.Option(help="Number of tokens to generate.")]
Seed = Annotated[int | None, typer.Option(help="Random seed; the same seed generates the same text.")]
Alias = Annotated[str, typer.Option(help="Alias of the registered version to use.")]


def generate(
    task: OneTask,
    prompt: Prompt = "",
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    length: Length = None,
    seed: Seed = None,
    alias: Alias = "champion",
    model: Model = None,
    debug: Debug = False,
) -> None:
    """Continue a prompt with the registered model of a task, printed as it is generated."""
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "length": length, "seed": seed}
    request = {"prompt": prompt, **{name: value for name, value in options.items() if value is not None}}
    with exit_on_error(debug):
        Params.load(Project.find().params).task(task).endpoint().requests.check([prompt])
        with running_version(task, alias, model) as version:
            line = json.dumps(request, ensure_ascii=False)
            pieces = version.stream(line)
            # request the first piece before printing the prompt, so that an error is printed alone
            for piece in chain([prompt + next(pieces, "")], pieces):
                typer.echo(piece, nl=False)  # flushes, unlike print
            typer.echo()
            print_unknown(version.unknown_words([line]))
