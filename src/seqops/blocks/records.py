"""What the tracking store recorded of runs that were trained and evaluated, found by their params."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow.entities import Run

from seqops.blocks.track import FINISHED, TRAINING, answering, kept_json


@dataclass(frozen=True)
class Record:
    """One run: its params, its scores as metrics.json holds them, how long and how many epochs it learnt.

    seconds and epochs are None where the run was made for weights that another store saw trained.
    """

    params: Mapping[str, str]
    metrics: Mapping[str, Any]
    seconds: float | None
    epochs: int | None


def latest(client: mlflow.MlflowClient, task: str, params: Mapping[str, str]) -> Record | None:
    """Return the last finished and evaluated training run with exactly these params; None: there is none."""
    for run in _trainings(client, task):
        if run.data.params == params:
            metrics = kept_json(client, run.info.run_id, "metrics.json")
            if metrics is not None:
                return Record(params, metrics, run.data.metrics.get("seconds"), _epochs(client, run))
    return None


def _trainings(client: mlflow.MlflowClient, task: str) -> Iterator[Run]:
    """Yield the finished training runs of a task, newest first."""
    with answering():
        experiment = client.get_experiment_by_name(task)
        if experiment is None:
            return
        terms, token = f"tags.`seqops.kind` = '{TRAINING}' and {FINISHED}", None
        while True:
            page = client.search_runs([experiment.experiment_id], terms, page_token=token)
            yield from page
            token = page.token
            if not token:
                return


def _epochs(client: mlflow.MlflowClient, run: Run) -> int | None:
    with answering():
        points = client.get_metric_history(run.info.run_id, "train/loss")
    return max((point.step for point in points), default=None)
