"""One fit of the pipeline: resumed from its checkpoint, recorded as a run, and saved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from seqops.core.files import atomic_write, sha256_of
from seqops.core.interfaces import Network, Task
from seqops.core.predictors import ClassicalModel
from seqops.core.project import Project
from seqops.runtime.console import err
from seqops.runtime.machine import PEAK_MEMORY, peak_memory
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from seqops.tracking.mlflow_runs import Repeat
from seqops.training import progress_bar
from seqops.training.fit_model import fit_model
from seqops.training.loop import FittedModel
from seqops.training.refit import refit


def fit(
    project: Project,
    task: Task,
    fingerprint: Fingerprint,
    weights: Path,
    save: Callable[[FittedModel], None] = lambda fitted: None,
    repeat: Repeat | None = None,
) -> FittedModel:
    """Fit the model of a task to its encoded rows, save the weights, and return the fit.

    save: saves what else is kept of the fit, before the run ends; repeat: the place of a fit with a further
    seed among the runs.
    """
    started, model, metrics = time.monotonic(), task.network(), task.metrics()
    shown = task.fit_config.total_epochs(), metrics.goal.metric, task.data.length_unit
    splits, meta = project.task_paths(task.name).encoded()
    checkpoint = project.state / "train" / f"{task.name}-{fingerprint.digest}.npz"
    # a classical model is soon fitted again, and equal
    ended = isinstance(model, ClassicalModel) or checkpoint.is_file()
    with (
        mlflow_runs.open_training_run(project, task, fingerprint, repeat, ended) as run,
        progress_bar.progress_bar(err, *shown, run) as bar,
    ):
        fit_config = task.fit_config
        fitted = fit_model(model, metrics, splits, meta, fit_config, checkpoint, bar)
        if fit_config.refit and isinstance(model, Network):
            again = checkpoint.with_name(f"{checkpoint.stem}-refit.npz")
            fitted = refit(model, metrics, splits, meta, fit_config, fitted, again, bar)
        with atomic_write(weights) as temporary:
            model.save(fitted.model, temporary)
        save(fitted)
        if not run.complete:
            of_network = {}
            if fitted.initial is not None:
                of_network = {
                    "validation/initial": fitted.initial.point(),
                    "parameters": fitted.model.count_params(),
                    "trained_parameters": fitted.trained_parameters or 0,
                }
            run.log_metrics(
                {
                    **of_network,
                    "validation/best": fitted.best_epoch.validation,
                    PEAK_MEMORY: peak_memory(),
                    "seconds": time.monotonic() - started,
                }
            )
            run.set_tags({"seqops.model_sha256": sha256_of(weights)})
    return fitted
