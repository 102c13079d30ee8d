"""Run, tune, compare, serve and retrain sequence models; `dvc repro` runs the pipeline itself."""

from __future__ import annotations

from typing import Annotated

import typer

from seqops.cli import (
    doctor,
    drift,
    generate,
    init,
    new_task,
    params,
    predict,
    presets,
    registry,
    report,
    results,
    retrain,
    schedule,
    tune,
    use,
    vectors,
    weights,
)
from seqops.runtime.console import out
from seqops.runtime.installed_code import version

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"seqops {version()}", highlight=False)
        raise typer.Exit


@app.callback()
def main(
    show: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Receive the options that come before the command."""


for command in (
    init.init,
    presets.run,
    use.use,
    weights.weights,
    vectors.vectors,
    predict.predict,
    generate.generate,
    results.results,
    report.report,
    registry.compare,
    registry.history,
    registry.promote,
    registry.rollback,
    registry.publish,
    registry.move_versions,
    drift.drift,
    tune.tune,
    retrain.retrain,
    schedule.schedule,
    new_task.new_task,
    params.params,
    doctor.doctor,
    doctor.ui,
):
    app.command()(command)
app.command(cls=presets.PresetCommand)(presets.preset)
