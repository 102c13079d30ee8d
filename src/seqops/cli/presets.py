"""`seqops run` and `preset`: named values, as an experiment that leaves params.yaml as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.experiments import presets
from seqops.runtime.console import exit_on_error
from seqops.runtime.environment import stage_environment

Name = Annotated[str, typer.Argument(metavar="PRESET", help="A file of presets/.")]


def run(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Run a preset as a DVC experiment in a folder of its own; params.yaml and data/ stay as they are."""
    with exit_on_error(debug):
        project = Project.find()
        chosen = presets.Preset.read(project, name)
        command = experiment(chosen, tasks)
        # what DVC has cached of a run, a tracking store that was lost since knows nothing of
        anew = [] if _recorded(project, chosen, chosen.select_tasks(tasks)) else ["--force"]
        ended = subprocess.run([*command, *anew], cwd=project.root, env=_environment(project), check=False)  # noqa: S603
        sys.exit(ended.returncode)


def preset(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Print a preset as options of `dvc exp run`: `dvc exp run $(seqops preset real)`."""
    with exit_on_error(debug):
        options = presets.Preset.read(Project.find(), name).options(tasks)
        for option in options:
            if re.search(r"\s", option):
                key = option.partition("=")[0].removeprefix("+")
                raise ConfigError(
                    f"{key}: a shell would split its value at the space. Use `seqops run {name}`."
                )
        typer.echo(" ".join(f"-S {option}" for option in options))


def experiment(chosen: presets.Preset, tasks: list[str] | None) -> list[str]:
    """Return the command that trains and evaluates tasks of a preset.

    Raises ConfigError for a wrong value.
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
    return all(
        recorded_runs.latest_run(client, task, mlflow_runs.run_params(chosen.task(task))) for task in tasks
    )


def _environment(project: Project) -> dict[str, str]:
    """Let stages work where DVC puts them, and keep checkpoints and records where the project does."""
    inherited = {key: value for key, value in stage_environment().items() if key != "SEQOPS_ROOT"}
    return {**inherited, "SEQOPS_STATE": str(project.state.resolve())}
