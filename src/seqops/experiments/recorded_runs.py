"""Trained and evaluated runs in the tracking store, found by their params."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import mlflow
from mlflow.entities import Run

from seqops.core.callbacks import GOAL
from seqops.core.renamed_keys import identity
from seqops.runtime.machine import PEAK_MEMORY
from seqops.tracking.connection import translate_store_errors
from seqops.tracking.mlflow_runs import FINISHED, TRAINING, read_run_scores


@dataclass(frozen=True)
class CurvePoint:
    """Training time so far in seconds, and the goal score on the validation rows; epoch 0: the start."""

    epoch: int
    seconds: float
    validation: float


@dataclass(frozen=True)
class RecordedRun:
    """One run: its params, the content of its evaluation.json, its learning curve and its memory.

    The curve is empty if the weights were trained with another tracking store. memory: the most that training
    took, in MiB; None: not recorded.
    """

    params: Mapping[str, str]
    metrics: Mapping[str, Any]
    curve: Sequence[CurvePoint]
    memory: float | None = None

    @property
    def seeds(self) -> int:
        """The number of seeds with which the model was scored."""
        return len(self.metrics["seeds"]["seeds"]) if "seeds" in self.metrics else 1


@dataclass(frozen=True)
class ResultsRow:
    """A preset of a task, a hash of its parameters, and its last run, if any."""

    preset: str
    task: str
    settings: str
    run: RecordedRun | None

    @property
    def command(self) -> str:
        """The command that produces the run."""
        return f"seqops run {self.preset} {self.task}"


def latest_run(client: mlflow.MlflowClient, task: str, params: Mapping[str, str]) -> RecordedRun | None:
    """Return the last finished and evaluated training run with exactly these params, or None.

    Raises SeqopsError if its scores are not those that were recorded.
    """
    wanted = identity(task, params)
    for run in _training_runs(client, task):
        if identity(task, run.data.params) == wanted:
            metrics = read_run_scores(client, run.info.run_id)
            if metrics is not None:
                return RecordedRun(params, metrics, _curve(client, run), run.data.metrics.get(PEAK_MEMORY))
    return None


def _training_runs(client: mlflow.MlflowClient, task: str) -> Iterator[Run]:
    """Yield the finished training runs of a task, newest first."""
    with translate_store_errors():
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


def _curve(client: mlflow.MlflowClient, run: Run) -> list[CurvePoint]:
    with translate_store_errors():
        seconds, scores = (
            {point.step: point.value for point in client.get_metric_history(run.info.run_id, key)}
            for key in ("seconds_per_epoch", f"validation/{GOAL}")
        )
    steps = sorted(seconds)
    spent = dict(zip([0, *steps], accumulate((seconds[step] for step in steps), initial=0.0), strict=True))
    return [CurvePoint(step, spent[step], scores[step]) for step in sorted(scores)]
