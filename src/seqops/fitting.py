"""One fit of the pipeline: resumed from its checkpoint, recorded as a run, and saved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from seqops.core.files import atomic_write, sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.runtime.console import err
from seqops.runtime.machine import peak_memory
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from seqops.tracking.mlflow_runs import Repeat
from seqops.training import progress_bar
from seqops.training.loop import FittedModel, train
from seqops.training.refit import refit


def fit(
    project: Project,
    task: Task,
    fingerprint: Fingerprint,
    weights: Path,
    save: Callable[[FittedModel], None] = lambda fitted: None,
    repeat: Repeat | None = None,
) -> None:
    """Train the network of a task on its encoded rows, and save the weights.

    save: saves what else is kept of the fit, before the run ends; repeat: the place of a fit with a further
    seed among the runs.
    """
    started, network, metrics = time.monotonic(), task.network(), task.metrics()
    splits, meta = project.task_paths(task.name).encoded()
    checkpoint = project.state / "train" / f"{task.name}-{fingerprint.digest}.npz"
    with (
        mlflow_runs.open_training_run(project, task, fingerprint, repeat, checkpoint.is_file()) as run,
        progress_bar.progress_bar(err, task.fit_config.total_epochs(), metrics.goal.metric, run) as bar,
    ):
        fit_config = task.fit_config
        fitted = train(network, metrics, splits, meta, fit_config, checkpoint, bar)
        if fit_config.refit:
            again = checkpoint.with_name(f"{checkpoint.stem}-refit.npz")
            fitted = refit(network, metrics, splits, meta, fit_config, fitted, again, bar)
        with atomic_write(weights) as temporary:
            fitted.model.save_weights(temporary)
        save(fitted)
        if not run.complete:
            run.log_metrics(
                {
                    "validation/initial": fitted.initial.point(),
                    "validation/best": fitted.best_epoch.validation,
                    "peak_memory_mib": peak_memory(),
                    "parameters": fitted.model.count_params(),
                    "seconds": time.monotonic() - started,
                }
            )
            run.set_tags({"seqops.model_sha256": sha256_of(weights)})
