"""MLflow runs: one experiment per task, one run per fit, found by content."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import requests
from mlflow.entities import LifecycleStage, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from seqops.core.arrays_io import read_splits
from seqops.core.callbacks import EpochResult
from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import read_json, sha256_of_json
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import sources_of
from seqops.core.redaction import redact
from seqops.core.renamed_keys import with_new_keys
from seqops.tracking.connection import connect, translate_store_errors
from seqops.tracking.datasets import dataset_inputs
from seqops.tracking.fingerprint import Fingerprint, git_commit
from seqops.tracking.run_names import run_name
from seqops.tracking.store_address import artifacts_folder
from seqops.tracking.system_metrics import log_system_metrics

FINISHED, UNFINISHED = "attributes.status = 'FINISHED'", "attributes.status != 'FINISHED'"
TRAINING, REPEAT = "training", "repeat"
"""The `seqops.kind` of a run that trained the weights of the pipeline, and of one with a further seed;
studies and trials have others."""
GROUP = "seqops.seeds_group"
"""The tag that a training run and its repeats share."""
SCORES, METRICS_SHA256 = ("evaluation.json", "metrics.json"), "seqops.metrics_sha256"
"""The artefact of a run with its scores, now and in former releases, and the tag with their hash."""
EXPERIMENT_KIND, MODEL_TRAINING = "mlflow.experimentKind", "custom_model_development"
ALREADY_EXISTS = ErrorCode.Name(RESOURCE_ALREADY_EXISTS)


def source_of(task: Task) -> str:
    """Return a task's source with its secrets masked."""
    return ",".join(f"{split}=" * bool(split) + redact(address) for split, address in sources_of(task.source))


def run_params(task: Task) -> dict[str, str]:
    """Return the params of a task's run, as they are logged."""
    return {key: str(value) for key, value in {**task.values(), "source": source_of(task)}.items()}


def experiment_of(client: mlflow.MlflowClient, project: Project, task: str) -> str:
    """Return the id of a task's experiment, which is created if it is missing, and restored if deleted.

    It has the kind by which the MLflow UI opens the view of training runs, unless it has another one.
    """
    found = client.get_experiment_by_name(task)
    if found is not None:
        if found.lifecycle_stage == LifecycleStage.DELETED:
            client.restore_experiment(found.experiment_id)
        if EXPERIMENT_KIND not in found.tags:
            client.set_experiment_tag(found.experiment_id, EXPERIMENT_KIND, MODEL_TRAINING)
        return str(found.experiment_id)
    local = mlflow.get_tracking_uri().startswith("sqlite")
    folder = (artifacts_folder(project) / task).as_uri() if local else None
    try:
        return str(client.create_experiment(task, folder, {EXPERIMENT_KIND: MODEL_TRAINING}))
    except MlflowException as error:
        # another process may have created it meanwhile
        if error.error_code != ALREADY_EXISTS:
            raise
        return str(client.get_experiment_by_name(task).experiment_id)


def metric_names(scores: Mapping[str, float | None]) -> dict[str, float]:
    """Return the defined scores under names that MLflow accepts."""
    return {re.sub(r"[^\w./ :-]", "-", name): value for name, value in scores.items() if value is not None}


@dataclass(frozen=True)
class TrainingRun:
    """The run of one fit; a callback that logs every epoch.

    complete: the fit has ended and is only repeated from its checkpoint, so that it has nothing to log.
    """

    client: mlflow.MlflowClient
    run_id: str
    complete: bool = False

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Log nothing: the curves have one point per epoch."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Log one point of every curve; of a start, which has no loss, its validation score."""
        point = {f"validation/{row.objective}": row.validation}
        if row.loss is not None and row.learning_rate is not None:
            point |= {
                "train/loss": row.loss,
                "learning_rate": row.learning_rate,
                "tokens_per_second": tokens / max(seconds, 1e-9),
                "seconds_per_epoch": seconds,
            }
        self.log_metrics(point, row.epoch)

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log metrics at a step."""
        now = time.time_ns() // 1_000_000
        with translate_store_errors():
            points = [Metric(k, float(v), now, step) for k, v in metrics.items()]
            self.client.log_batch(self.run_id, metrics=points)

    def log_scores(self, scores: Mapping[str, float]) -> None:
        """Log the metrics that have other values, because the same score twice would become a curve."""
        with translate_store_errors():
            logged = self.client.get_run(self.run_id).data.metrics
        # a server rejects a batch of nothing
        if changed := {name: value for name, value in scores.items() if logged.get(name) != value}:
            self.log_metrics(changed)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        with translate_store_errors():
            self.client.log_batch(self.run_id, tags=[RunTag(k, v) for k, v in tags.items()])

    def log_artifact(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or a folder, as an artefact of the run."""
        with translate_store_errors():
            if path.is_dir():
                self.client.log_artifacts(self.run_id, str(path), folder)
            else:
                self.client.log_artifact(self.run_id, str(path), folder)


@dataclass(frozen=True)
class Repeat:
    """The place of a repeat: the training run that it is nested under, the group of both, and its seed.

    Runs are in one group if the weights of the training run are the same.
    """

    main: TrainingRun
    group: str
    seed: int

    @classmethod
    def of(cls, main: TrainingRun, model_sha256: str, seed: int) -> Repeat:
        """Place a repeat under the run of these weights."""
        return cls(main, model_sha256[:16], seed)

    def tags(self) -> dict[str, str]:
        """Return the tags by which a repeat is found."""
        return {"seqops.kind": REPEAT, GROUP: self.group}


@contextmanager
def open_training_run(
    project: Project,
    task: Task,
    fingerprint: Fingerprint,
    repeat: Repeat | None = None,
    resumed: bool = False,
) -> Iterator[TrainingRun]:
    """Open the run of a fit: an interrupted one, or a new one; it ends FINISHED, FAILED or KILLED.

    resumed: there is a checkpoint; if no run is interrupted, a finished one is used again and stays as it is.
    """
    client = connect(project)
    labels = repeat.tags() if repeat else {"seqops.kind": TRAINING}
    sought = {"seqops.fingerprint": fingerprint.digest, **labels}
    with translate_store_errors():
        experiment = experiment_of(client, project, task.name)
        run = _latest(client, experiment, sought, UNFINISHED)
        finished = _latest(client, experiment, sought, FINISHED) if resumed and run is None else None
    if finished:
        yield TrainingRun(client, finished.info.run_id, complete=True)
        return
    with translate_store_errors():
        tags = {**fingerprint.tags(), "seqops.fingerprint": fingerprint.digest}
        run = run or _start(client, experiment, project, task, fingerprint, tags, repeat)
        client.update_run(run.info.run_id, status="RUNNING")
    opened = TrainingRun(client, run.info.run_id)
    try:
        with log_system_metrics(project, opened.run_id):
            yield opened
    except (KeyboardInterrupt, SystemExit):
        _terminate(opened, "KILLED")
        raise
    except Exception:
        _terminate(opened, "FAILED")
        raise
    with translate_store_errors():
        client.set_terminated(opened.run_id, "FINISHED")


def _terminate(opened: TrainingRun, status: str) -> None:
    """End a failed run; errors of the store are ignored, so that the first error is the one reported."""
    with suppress(MlflowException, requests.RequestException):
        opened.client.set_terminated(opened.run_id, status)


def find_training_run(
    project: Project,
    task: Task,
    fingerprint: Fingerprint,
    model_sha256: str,
    repeat: Repeat | None = None,
) -> TrainingRun:
    """Find the run that trained these weights, or create one if the store has none."""
    client = repeat.main.client if repeat else connect(project)
    labels = repeat.tags() if repeat else {"seqops.kind": TRAINING}
    tags = {**fingerprint.tags(), "seqops.model_sha256": model_sha256}
    sought = {**{k: v for k, v in tags.items() if k != "seqops.code_sha256"}, **labels}
    with translate_store_errors():
        experiment = experiment_of(client, project, task.name)
        run = _latest(client, experiment, sought)
        if run is None:
            run = _start(client, experiment, project, task, fingerprint, tags, repeat)
            client.set_terminated(run.info.run_id, "FINISHED")
    return TrainingRun(client, run.info.run_id)


class AlteredScoresError(SeqopsError):
    """The scores of a run are not those that were recorded."""


def read_run_scores(client: mlflow.MlflowClient, run_id: str) -> dict[str, Any] | None:
    """Read evaluation.json of a run; None if it is missing.

    Raises AlteredScoresError if its hash is not that of the run's tag; runs of earlier releases have none.
    """
    with translate_store_errors():
        tags = client.get_run(run_id).data.tags
    try:
        read = (read_run_json(client, run_id, name) for name in SCORES)
        found: dict[str, Any] | None = next((scores for scores in read if scores is not None), None)
        intact = found is None or sha256_of_json(found) == tags.get(METRICS_SHA256, sha256_of_json(found))
    except (DataError, ValueError):
        intact = False
    if not intact:
        raise AlteredScoresError(
            f"{SCORES[0]} of run {run_id} is altered: it is not what was recorded. If it is the run of the "
            f"artefacts on disk, `seqops publish {tags.get('seqops.task', 'TASK')}` restores it."
        )
    return found


def read_run_json(client: mlflow.MlflowClient, run_id: str, name: str) -> Any:
    """Read a JSON artefact of a run; None if it is missing."""
    with translate_store_errors(), tempfile.TemporaryDirectory() as scratch:
        if name not in [file.path for file in client.list_artifacts(run_id)]:
            return None
        return read_json(Path(client.download_artifacts(run_id, name, scratch)))


def _latest(
    client: mlflow.MlflowClient, experiment: str, tags: Mapping[str, str], also: str = ""
) -> Run | None:
    terms = [f"tags.`{key}` = '{value}'" for key, value in tags.items()] + ([also] if also else [])
    found = client.search_runs([experiment], " and ".join(terms), max_results=1)
    return found[0] if found else None


def _start(
    client: mlflow.MlflowClient,
    experiment: str,
    project: Project,
    task: Task,
    fingerprint: Fingerprint,
    tags: Mapping[str, str],
    repeat: Repeat | None,
) -> Run:
    source = source_of(task)
    nested = {**repeat.tags(), MLFLOW_PARENT_RUN_ID: repeat.main.run_id} if repeat else {}
    run_tags = {
        **tags,
        "seqops.kind": TRAINING,
        **nested,
        "seqops.task": task.name,
        "seqops.source": source,
        "seqops.git_commit": git_commit(project.root),
    }
    params = run_params(task)
    # runs of studies are in the same experiment, but are not compared with
    last = _latest(client, experiment, {"seqops.kind": TRAINING}, FINISHED)
    before = {**with_new_keys(task.name, last.data.params), **last.data.tags} if last else None
    name = f"seed {repeat.seed}" if repeat else run_name(source, params, run_tags, before)
    run = client.create_run(experiment, run_name=name, tags=run_tags)
    client.log_batch(run.info.run_id, params=[Param(key, value) for key, value in params.items()])
    splits = read_splits(project.task_paths(task.name).arrays)
    client.log_inputs(run.info.run_id, dataset_inputs(task.name, source, fingerprint.data, splits))
    return run
