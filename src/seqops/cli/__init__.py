"""Run, tune, compare, serve and retrain sequence models; `dvc repro` runs the pipeline itself."""

from __future__ import annotations

import typer

from seqops.cli import (
    doctor,
    drift,
    generate,
    new_task,
    params,
    predict,
    presets,
    registry,
    results,
    retrain,
    schedule,
    tune,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

for command in (
    presets.run,
    presets.preset,
    predict.predict,
    generate.generate,
    results.results,
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
