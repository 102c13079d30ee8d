"""`seqops use`: look at own files, and write the settings that read them."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seqops.cli.confirm import confirm
from seqops.cli.options import Debug
from seqops.core.errors import ConfigError, DataError, SeqopsError, quoted
from seqops.core.files import write_bytes
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.experiments import own_data
from seqops.experiments.own_data import Candidate
from seqops.inspection.files import InputFile, opened_folders
from seqops.params import Params
from seqops.runtime.console import err, exit_on_error, out
from seqops.tuning.yaml_edit import edited

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Your files, in their order.")]
TaskName = Annotated[str | None, typer.Option("--task", help="The task they are for; default: as they look.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Correct a setting, as `data.season=7`; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes of params.yaml; write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]


def use(
    files: Files,
    task: TaskName = None,
    set_: Settings = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    debug: Debug = False,
) -> None:
    """Look at your own files, say what they are taken for and why, and write the settings to params.yaml."""
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        files = opened_folders(files)
        opened = [InputFile.open(path) for path in files]
        chosen = _chosen(own_data.candidates(params, opened, task))
        _explain(chosen)
        named = params.task(chosen.task).data.takes_named_splits
        source = own_data.source_of(project, files, named)
        values = own_data.with_guess(params, chosen, source, _settings(set_ or [], chosen.task))
        after = edited(params, values)
        planned = params.with_values(values).task(chosen.task)
        if own_data.is_large(files):
            _say(f"  the files are large: `dvc repro validate@{chosen.task}` checks them.")
        else:
            _check(planned, project, chosen.guess.reasons)
        _show(project.params.read_text("utf-8"), after)
        if dry_run:
            out.print("Dry run: params.yaml is unchanged.")
            return
        if not yes:
            confirm("Write params.yaml?", "--yes or --dry-run")
        write_bytes(project.params, after.encode("utf-8"))
        out.print(f"Wrote params.yaml. Train: `dvc repro evaluate@{chosen.task}`.", highlight=False)


def _chosen(likely: Sequence[Candidate]) -> Candidate:
    """Return the only candidate, or the one that the user names."""
    if len(likely) == 1:
        return likely[0]
    names = [candidate.task for candidate in likely]
    for candidate in likely:
        err.print(f"{candidate.task}: {candidate.guess.what}", highlight=False, markup=False)
    if not sys.stdin.isatty():
        raise SeqopsError(f"the files may be for {' or '.join(names)}. Name one by --task.")
    answer = typer.prompt(f"Which task ({', '.join(names)})", default=names[0])
    if answer not in names:
        raise SeqopsError(f"{quoted(answer)} is none of {', '.join(names)}. Nothing was changed.")
    return likely[names.index(answer)]


def _explain(chosen: Candidate) -> None:
    """Say what the files are taken for, why, and what is in doubt."""
    guess = chosen.guess
    _say(f"{chosen.task}: {guess.what}")
    for reason in guess.reasons:
        _say(f"  {reason.removesuffix('.')}.")
    for doubt in guess.doubts:
        _say(f"  check: {doubt.removesuffix('.')}.")


def _check(task: Task, project: Project, said: Sequence[str]) -> None:
    """Read the files with the new settings, and print what the stages would say and is not said.

    Raises DataError for what they would refuse.
    """
    from seqops.validation import run_expectations

    try:
        checked = own_data.read_by(task, project)
    except DataError as error:
        raise DataError(f"{error} params.yaml is unchanged; correct a setting by --set KEY=VALUE.") from None
    for remark in task.data.remarks(checked):
        if remark not in said:
            _say(f"  {remark}.")
    report = run_expectations(checked, task.data.expectations())
    if not report.passed:
        err.print(report.table())
        raise DataError(
            f"{report.verdict()} params.yaml is unchanged; a threshold is corrected by --set KEY=VALUE."
        )


def _settings(given: Sequence[str], task: str) -> Mapping[str, Any]:
    """Parse `KEY=VALUE`, the value in YAML, by keys below the section of the task."""
    found: dict[str, Any] = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"--set {text}: no `=`. Write KEY=VALUE, as data.season=7.")
        try:
            found[key.strip().removeprefix(f"tasks.{task}.")] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise ConfigError(f"--set {text}: the value is not YAML. Quote it.") from None
    return found


def _show(before: str, after: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "params.yaml", "params.yaml", lineterm="", n=0
    )
    out.print("\n".join(lines) or "params.yaml already reads these files.", markup=False, highlight=False)


def _say(text: str) -> None:
    err.print(text, markup=False, highlight=False)
