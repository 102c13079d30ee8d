"""Train the network of one task, track the run, and save the weights."""

import time

import pandas as pd

from seqops.core.callbacks import GOAL
from seqops.core.files import atomic_write, sha256_of, write_json
from seqops.core.project import Project
from seqops.metrics.training_gain import TrainingGain
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.runtime.machine import peak_memory
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from seqops.training import progress_bar


def train_task(name: str) -> None:
    """Train one task, resuming from its checkpoint if one exists."""
    started, project = time.monotonic(), Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    network, metrics = task.network(), task.metrics()
    from seqops.training.loop import train

    splits, meta = paths.encoded()
    fingerprint = Fingerprint.compute(project, task)
    checkpoint = project.state / "train" / f"{name}-{fingerprint.digest}.npz"
    with (
        mlflow_runs.open_training_run(project, task, fingerprint) as run,
        progress_bar.progress_bar(err, task.fit_config.total_epochs(), metrics.goal.metric, run) as bar,
    ):
        fitted = train(network, metrics, splits, meta, task.fit_config, checkpoint, bar)
        with atomic_write(paths.weights) as temporary:
            fitted.model.save_weights(temporary)
        with atomic_write(paths.history) as temporary:
            pd.DataFrame([e.__dict__ for e in fitted.epochs]).to_csv(temporary, index=False)
        best, epochs = fitted.best_epoch, sum(e.trained and e.objective == GOAL for e in fitted.epochs)
        gain = TrainingGain.measure(fitted.initial, fitted.best, best.epoch, best.trained, epochs)
        write_json(paths.training, gain.to_json())
        run.log_metrics(
            {
                "validation/initial": fitted.initial.point(),
                "validation/best": best.validation,
                "peak_memory_mib": peak_memory(),
                "parameters": fitted.model.count_params(),
                "seconds": time.monotonic() - started,
            }
        )
        run.set_tags({"seqops.model_sha256": sha256_of(paths.weights)})


if __name__ == "__main__":
    run_stage(train_task)
