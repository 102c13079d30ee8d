"""`seqops run` and `preset`: named values, as an experiment that leaves params.yaml as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.errors import BadParams
from seqops.core.project import Store
from seqops.experiments import presets
from seqops.runtime.console import plainly
from seqops.runtime.environment import stage_environment

Name = Annotated[str, typer.Argument(metavar="PRESET", help="A file of presets/.")]


def run(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Run a preset as a DVC experiment in a folder of its own; params.yaml and data/ stay as they are."""
    with plainly(debug):
        store = Store.find()
        chosen = presets.Preset.read(store, name)
        command = experiment(chosen, tasks)
        # what DVC has cached of a run, a tracking store that was lost since knows nothing of
        anew = [] if _recorded(store, chosen, chosen.of(tasks)) else ["--force"]
        ended = subprocess.run([*command, *anew], cwd=store.root, env=_environment(store), check=False)  # noqa: S603
        sys.exit(ended.returncode)


def preset(name: Name, tasks: Tasks = None, debug: Debug = False) -> None:
    """Print a preset as options of `dvc exp run`: `dvc exp run $(seqops preset real)`."""
    with plainly(debug):
        options = presets.Preset.read(Store.find(), name).options(tasks)
        for option in options:
            if re.search(r"\s", option):
                key = option.partition("=")[0].removeprefix("+")
                raise BadParams(
                    f"{key}: a shell would split its value at the space. Use `seqops run {name}`."
                )
        typer.echo(" ".join(f"-S {option}" for option in options))


def experiment(chosen: presets.Preset, tasks: list[str] | None) -> list[str]:
    """Return the command that trains and evaluates tasks of a preset. Raises BadParams for a wrong value."""
    names = chosen.of(tasks)
    for name in names:
        chosen.task(name).network()
    options = [word for option in chosen.options(names) for word in ("-S", option)]
    targets = [f"evaluate@{name}" for name in names]
    return [sys.executable, "-m", "dvc", "exp", "run", "--temp", *options, *targets]


def _recorded(store: Store, chosen: presets.Preset, tasks: list[str]) -> bool:
    from seqops.experiments import recorded_runs
    from seqops.tracking import connection, mlflow_runs

    client = connection.connect(store)
    return all(recorded_runs.latest(client, task, mlflow_runs.logged(chosen.task(task))) for task in tasks)


def _environment(store: Store) -> dict[str, str]:
    """Let stages work where DVC puts them, and keep checkpoints and records where the project does."""
    inherited = {key: value for key, value in stage_environment().items() if key != "SEQOPS_ROOT"}
    return {**inherited, "SEQOPS_STATE": str(store.state.resolve())}
