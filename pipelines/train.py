"""Fit the network of one task; the run is recorded, the weights are the output."""

import resource
import time

import pandas as pd

from seqops.core.callbacks import GOAL
from seqops.core.files import replacing, sha256_of
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Identity
from seqops.training import progress_bar


def train_task(name: str) -> None:
    """Train one task, going on from its checkpoint where a kill left one."""
    started, store = time.monotonic(), Store.find()
    task, folder = Params.load(store.params).task(name), store.folder(name)
    network, metrics = task.network(), task.metrics()
    from seqops.training.loop import train

    splits, meta = folder.encoded()
    identity = Identity.of(store, task)
    checkpoint = store.state / "train" / f"{name}-{identity.fingerprint}.npz"
    with (
        mlflow_runs.training(store, task, identity) as run,
        progress_bar.bar(err, task.recipe.total_epochs(), metrics.goal.metric, run) as bar,
    ):
        fitted = train(network, metrics, splits, meta, task.recipe, checkpoint, bar)
        with replacing(folder.weights) as temporary:
            fitted.model.save_weights(temporary)
        with replacing(folder.history) as temporary:
            pd.DataFrame([e.__dict__ for e in fitted.epochs]).to_csv(temporary, index=False)
        best = max if metrics.goal.higher_is_better else min
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        run.log(
            {
                "validation/best": best(e.validation for e in fitted.epochs if e.learns == GOAL),
                "peak_memory_mib": peak,
                "parameters": fitted.model.count_params(),
                "seconds": time.monotonic() - started,
            }
        )
        run.tag({"seqops.model_sha256": sha256_of(folder.weights)})


if __name__ == "__main__":
    run_stage(train_task)
