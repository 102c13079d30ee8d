"""MLflow tracking: one experiment a task, one run a fit, found again by content."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import requests
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

from seqops.blocks.identity import Identity, git_commit
from seqops.blocks.lock import alone
from seqops.blocks.naming import run_name
from seqops.blocks.watch import Epoch
from seqops.contract import SeqopsError, Task
from seqops.masking import masked
from seqops.store import Store, read_json

FINISHED, UNFINISHED = "attributes.status = 'FINISHED'", "attributes.status != 'FINISHED'"
DATABASE = "mlflow.db"
TRAINING = "training"
"""The `seqops.kind` of a run that made the weights of the pipeline, beside those of studies and trials."""
MADE_BY_ANOTHER = ErrorCode.Name(RESOURCE_ALREADY_EXISTS)
REFUSALS = {
    401: "knows no such user and password. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    403: "does not let this user do that. Ask its administrator for the permission.",
}
"""What a server's status says, and what to do."""


@contextmanager
def answering() -> Iterator[None]:
    """Turn what MLflow and the network raise to one message that names the store and the way out."""
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        uri = masked(mlflow.get_tracking_uri())
        if refusal := REFUSALS.get(_status(error)):
            raise SeqopsError(f"the tracking store {uri} {refusal}") from error
        raise SeqopsError(
            f"the tracking store {uri} failed: {masked(str(error).splitlines()[0])} "
            "Mend it, or unset MLFLOW_TRACKING_URI to use the project's own store."
        ) from error


def _status(error: MlflowException | requests.RequestException) -> int:
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    return 0 if error.response is None else int(error.response.status_code)


def source_of(task: Task) -> str:
    """Name a task's source as it may be written down: no secret in it."""
    sources = [task.source] if isinstance(task.source, str) else task.source
    return ",".join(masked(source) for source in sources)


def logged(task: Task) -> dict[str, str]:
    """Return the params of a task's run, as the store holds them."""
    return {key: str(value) for key, value in {**task.values(), "source": source_of(task)}.items()}


def store_uri(store: Store) -> str:
    """Return MLFLOW_TRACKING_URI, or the database in the project's state."""
    _folder(store).mkdir(parents=True, exist_ok=True)
    return os.environ.get("MLFLOW_TRACKING_URI") or _own(store)


def _folder(store: Store) -> Path:
    return store.state / "mlflow"


def _own(store: Store) -> str:
    return f"sqlite:///{_folder(store) / DATABASE}"


def connect(store: Store) -> mlflow.MlflowClient:
    """Open the tracking store: MLFLOW_TRACKING_URI, or a database in the project's state.

    Raises SeqopsError within seconds where a server does not answer.
    """
    uri = store_uri(store)
    mlflow.set_tracking_uri(uri)
    with answering():
        if uri.startswith("http"):
            requests.get(f"{uri.rstrip('/')}/health", timeout=5).raise_for_status()
            return mlflow.MlflowClient()
        # two that make the tables of one database at once break it
        with alone(_folder(store) / "opening.lock"), warnings.catch_warnings():
            # of the libraries that make the tables, about their own
            warnings.simplefilter("ignore", UserWarning)
            if uri == _own(store):
                _found(_folder(store) / DATABASE)
            return mlflow.MlflowClient()


def _found(path: Path) -> None:
    """Make the project's own database where there is none, and move it to its place when it is whole."""
    if path.exists():
        return
    scratch = path.with_name(".founding")
    shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
    scratch.mkdir()
    mlflow.MlflowClient(f"sqlite:///{scratch / path.name}")
    (scratch / path.name).replace(path)
    shutil.rmtree(scratch)


def experiment_of(client: mlflow.MlflowClient, store: Store, task: str) -> str:
    """Return the id of a task's experiment, made where there is none."""
    found = client.get_experiment_by_name(task)
    if found is not None:
        return str(found.experiment_id)
    local = mlflow.get_tracking_uri().startswith("sqlite")
    folder = (store.state / "mlflow" / "artifacts" / task).as_uri() if local else None
    try:
        return str(client.create_experiment(task, artifact_location=folder))
    except MlflowException as error:
        if error.error_code != MADE_BY_ANOTHER:
            raise
        return str(client.get_experiment_by_name(task).experiment_id)


@dataclass(frozen=True)
class Training:
    """The run of one fit; a watcher that records every epoch."""

    client: mlflow.MlflowClient
    run_id: str

    def batch(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Record nothing: curves are by the epoch."""

    def epoch(self, row: Epoch, seconds: float, tokens: int) -> None:
        """Record one point of every curve."""
        self.log(
            {
                "train/loss": row.loss,
                f"validation/{row.learns}": row.validation,
                "learning_rate": row.learning_rate,
                "tokens_per_second": tokens / max(seconds, 1e-9),
                "seconds_per_epoch": seconds,
            },
            row.epoch + 1,
        )

    def log(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log metrics at a step."""
        now = time.time_ns() // 1_000_000
        with answering():
            points = [Metric(k, float(v), now, step) for k, v in metrics.items()]
            self.client.log_batch(self.run_id, metrics=points)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        with answering():
            self.client.log_batch(self.run_id, tags=[RunTag(k, v) for k, v in tags.items()])

    def keep(self, path: Path, folder: str | None = None) -> None:
        """Store a file, or a folder, beside the run."""
        with answering():
            if path.is_dir():
                self.client.log_artifacts(self.run_id, str(path), folder)
            else:
                self.client.log_artifact(self.run_id, str(path), folder)


@contextmanager
def training(store: Store, task: Task, identity: Identity) -> Iterator[Training]:
    """Open the run of a fit: the one that a kill left behind, or a new one; end it FINISHED or FAILED."""
    client = connect(store)
    with answering():
        experiment = experiment_of(client, store, task.name)
        tags = {**identity.tags(), "seqops.fingerprint": identity.fingerprint}
        run = _latest(client, experiment, {"seqops.fingerprint": identity.fingerprint}, UNFINISHED)
        if run is None:
            run = _start(client, experiment, store, task, identity, tags)
        client.update_run(run.info.run_id, status="RUNNING")
    opened = Training(client, run.info.run_id)
    try:
        yield opened
    except KeyboardInterrupt:
        _give_up(opened, "KILLED")
        raise
    except Exception:
        _give_up(opened, "FAILED")
        raise
    with answering():
        client.set_terminated(opened.run_id, "FINISHED")


def _give_up(opened: Training, status: str) -> None:
    """End a run; where the store fails now, the run stays open, and the error that ends the stage is told."""
    with suppress(MlflowException, requests.RequestException):
        opened.client.set_terminated(opened.run_id, status)


def training_run(store: Store, task: Task, identity: Identity, model_sha256: str) -> Training:
    """Find the run that made these weights, or start one where the store has none."""
    client = connect(store)
    tags = {**identity.tags(), "seqops.model_sha256": model_sha256}
    sought = {k: v for k, v in tags.items() if k != "seqops.code_sha256"}
    with answering():
        experiment = experiment_of(client, store, task.name)
        run = _latest(client, experiment, sought)
        if run is None:
            run = _start(client, experiment, store, task, identity, tags)
            client.set_terminated(run.info.run_id, "FINISHED")
    return Training(client, run.info.run_id)


def kept_json(client: mlflow.MlflowClient, run_id: str, name: str) -> Any:
    """Read a JSON file kept beside a run; None where there is none."""
    with answering(), tempfile.TemporaryDirectory() as scratch:
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
    store: Store,
    task: Task,
    identity: Identity,
    tags: Mapping[str, str],
) -> Run:
    source = source_of(task)
    every = {
        **tags,
        "seqops.kind": TRAINING,
        "seqops.task": task.name,
        "seqops.source": source,
        "seqops.git_commit": git_commit(store.root),
    }
    params = logged(task)
    # runs of studies share the experiment, and differ from one another in ways of their own
    last = _latest(client, experiment, {"seqops.kind": TRAINING}, FINISHED)
    before = {**last.data.params, **last.data.tags} if last else None
    run = client.create_run(experiment, run_name=run_name(source, params, every, before), tags=every)
    client.log_batch(run.info.run_id, params=[Param(key, value) for key, value in params.items()])
    origin = json.dumps({"tags": {"source": source}})
    dataset = Dataset(task.name, identity.data[:8], source_type="code", source=origin)
    used = DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
    client.log_inputs(run.info.run_id, [used])
    return run
