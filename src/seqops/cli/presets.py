"""`seqops run` and `seqops preset`: run presets as DVC experiments without changing params.yaml."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.experiments import presets
from seqops.runtime.child_command import run_command
from seqops.runtime.console import exit_on_error
from seqops.runtime.dvc_record import require_readable_record
from seqops.runtime.environment import stage_environment

Name = Annotated[str, typer.Argument(metavar="PRESET", help="Name of a file in presets/, without .yaml.")]


def run(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Run a preset as a DVC experiment in a temporary folder; params.yaml and data/ are not changed."""
    with exit_on_error(debug):
        project = Project.find()
        chosen = presets.Preset.read(project, name)
        command = experiment(chosen, tasks)
        require_readable_record(project)
        # DVC may have cached a run that a tracking store created since does not have
        force = [] if _recorded(project, chosen, chosen.select_tasks(tasks)) else ["--force"]
        arguments, environment = [*command, *force], _environment(project)
        sys.exit(run_command(arguments, project.root, environment))


def preset(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Print a preset as options of `dvc exp run`: `dvc exp run $(seqops preset real)`."""
    with exit_on_error(debug):
        options = presets.Preset.read(Project.find(), name).options(tasks)
        for option in options:
            if re.search(r"\s", option):
                key = option.partition("=")[0].removeprefix("+")
                raise ConfigError(
                    f"{key}: the shell would split its value at the space. Use `seqops run {name}`."
                )
        typer.echo(" ".join(f"-S {option}" for option in options))


def experiment(chosen: presets.Preset, tasks: list[str] | None) -> list[str]:
    """Return the command that trains and evaluates tasks of a preset.

    Raises ConfigError for an invalid value.
    """
    names = chosen.select_tasks(tasks)
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
