"""`seqops run` and `seqops preset`: the stages of tasks; presets run without changing params.yaml."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from seqops.cli.options import Debug, Tasks
from seqops.cli.reproduce import reproduce
from seqops.core.errors import ConfigError, quoted
from seqops.core.project import Project
from seqops.core.yaml_file import nearest
from seqops.experiments import presets
from seqops.params import Params
from seqops.runtime.child_command import run_command
from seqops.runtime.console import exit_on_error
from seqops.runtime.dvc_lock import remove_cut_list
from seqops.runtime.dvc_record import require_readable_record
from seqops.runtime.environment import stage_environment
from seqops.runtime.stage_numbers import numbered, planned

Name = Annotated[str, typer.Argument(metavar="PRESET", help="Name of a file in presets/, without .yaml.")]
What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PRESET|TASK]...",
        help="A preset, by itself or followed by some of its tasks; or tasks as params.yaml has them. "
        "Default: all tasks of params.yaml.",
    ),
]
Jobs = Annotated[
    int, typer.Option(min=1, metavar="J", help="Tasks of params.yaml that run at once, each in its own DVC.")
]

REFUSED = "--see-the-error-of-seqops-preset"


def run(what: What = None, jobs: Jobs = 1, debug: Debug = False) -> None:
    """Run all stages of the tasks of params.yaml; or a preset, as a DVC experiment in a temporary folder,
    where params.yaml and data/ are not changed.
    """
    with exit_on_error(debug):
        project, (first, *others) = Project.find(), what or [""]
        known, recipes = Params.load(project.params).names, presets.names(project)
        if first in recipes:
            if jobs > 1:
                raise ConfigError(
                    f"--jobs: the tasks of preset {first} are one experiment, in which DVC runs one stage at "
                    "a time. Leave --jobs out."
                )
            sys.exit(_run_preset(project, first, others))
        for task in what or ():
            if task not in known:
                kind = "preset or task" if task == first else "task"
                raise ConfigError(f"unknown {kind} {quoted(task)}{nearest(task, [*recipes, *known])}")
        require_readable_record(project)
        remove_cut_list(project)
        reproduce(project, list(dict.fromkeys(what or known)), jobs)


def _run_preset(project: Project, name: str, tasks: list[str]) -> int:
    chosen = presets.Preset.read(project, name)
    names = chosen.select_tasks(tasks)
    command, environment = experiment(chosen, names), _environment(project)
    require_readable_record(project)
    remove_cut_list(project)
    # DVC may have cached a run that a tracking store created since does not have
    force = [] if _recorded(project, chosen, names) else ["--force"]
    if len(names) == 1:
        environment = numbered(environment, planned(project.root, names))
    return run_command([*command, *force], project.root, environment)


def preset(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Print a preset as options of `dvc exp run`: `dvc exp run $(seqops preset real)`."""
    with exit_on_error(debug), refused_by_dvc():
        options = presets.Preset.read(Project.find(), name).options(tasks)
        for option in options:
            if re.search(r"\s", option):
                key = option.partition("=")[0].removeprefix("+")
                raise ConfigError(
                    f"{key}: the shell would split its value at the space. Use `seqops run {name}`."
                )
        typer.echo(" ".join(f"-S {option}" for option in options))


@contextmanager
def refused_by_dvc() -> Iterator[None]:
    """Print an option that DVC does not know after an error: without any, it would run params.yaml."""
    try:
        yield
    except typer.Exit:  # of --help
        raise
    except Exception:
        if not sys.stdout.isatty():
            typer.echo(REFUSED)
        raise


class PresetCommand(TyperCommand):
    """`seqops preset`, also with arguments that it does not take."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; after an error, print an option that DVC does not know."""
        with refused_by_dvc():
            return super().parse_args(ctx, args)


def experiment(chosen: presets.Preset, names: list[str]) -> list[str]:
    """Return the command that trains and evaluates tasks of a preset.

    Raises ConfigError for an invalid value.
    """
    for name in names:
        chosen.task(name).network()
    options = [word for option in chosen.options(names) for word in ("-S", option)]
    targets = [f"evaluate@{name}" for name in names]
    return [sys.executable, "-m", "dvc", "exp", "run", "--temp", *options, *targets]


def _recorded(project: Project, chosen: presets.Preset, tasks: list[str]) -> bool:
    from seqops.experiments import recorded_runs
    from seqops.tracking import connection, mlflow_runs

    client = connection.connect(project)
    runs = [
        recorded_runs.latest_run(client, task, mlflow_runs.run_params(chosen.task(task))) for task in tasks
    ]
    return all(run and run.seeds == chosen.evaluation.seeds for run in runs)


def _environment(project: Project) -> dict[str, str]:
    """Return an environment in which stages run in DVC's folder and keep their state in the project's."""
    inherited = {key: value for key, value in stage_environment().items() if key != "SEQOPS_ROOT"}
    return {**inherited, "SEQOPS_STATE": str(project.state.resolve())}
