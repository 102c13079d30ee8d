"""From the artefacts on disk to a registered version, once for each content, and to a decision about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.arrays_io import read_splits
from seqops.core.errors import BadData
from seqops.core.files import read_json, sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Folder, Store
from seqops.registry import verify, versions
from seqops.registry.assess import judge
from seqops.registry.bundle import log_bundle
from seqops.registry.champion import Decision, Overtaken, Succession
from seqops.registry.model_card import card
from seqops.registry.promotion_rule import Rule
from seqops.registry.rescore import DATA, PREDICTIONS, Present
from seqops.tracking import connection, mlflow_runs
from seqops.tracking.fingerprint import Identity

MODEL = "seqops.model_sha256"


def publish(store: Store, task: Task, identity: Identity, rule: Rule) -> Decision:
    """Log the scores to the training run, register the bundle, and let the rule decide who is champion.

    Everything is found by content, so that a second call completes what the first left and doubles
    nothing. Raises BadData where the artefacts on disk do not belong together.
    """
    folder = store.folder(task.name)
    metrics = scored(folder, identity)
    run = mlflow_runs.training_run(store, task, identity, metrics["sha256"]["model"])
    _log(run, folder, metrics)
    succession = Succession(run.client, store, task.name, task.data.registered_name)
    with succession.alone():
        version = _version(run, task, folder, identity, metrics)
    return _settled(succession, version) or _decided(succession, task, folder, version, rule)


def scored(folder: Folder, identity: Identity) -> dict[str, Any]:
    """Read the scores on disk. Raises BadData where they are of other weights or data."""
    metrics: dict[str, Any] = read_json(folder.metrics)
    if not folder.weights.is_file():
        raise BadData(f"{folder.weights} does not exist. Run `dvc repro`.")
    if metrics.get("sha256") != {"data": identity.data, "model": sha256_of(folder.weights)}:
        raise BadData(
            f"{folder.metrics} holds the scores of other weights or other data than those beside it. "
            f"Run `dvc repro evaluate@{folder.path.name}`."
        )
    return metrics


def flat_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Name every score as MLflow shows it: `test/f1`, `test/f1.low`, `baseline/copy.f1`."""
    flat: dict[str, float | None] = {}
    for name, score in metrics["model"].items():
        flat |= {
            f"test/{name}": score["value"],
            f"test/{name}.low": score["low"],
            f"test/{name}.high": score["high"],
        }
    for baseline, scores in metrics["baselines"].items():
        flat |= {f"baseline/{baseline}.{name}": score["value"] for name, score in scores.items()}
    # MLflow refuses other characters in a metric's name
    return {re.sub(r"[^\w./ :-]", "-", name): value for name, value in flat.items() if value is not None}


def _log(run: mlflow_runs.Training, folder: Folder, metrics: Mapping[str, Any]) -> None:
    flat = flat_scores(metrics)
    with connection.answering():
        logged = run.client.get_run(run.run_id).data.metrics
    # a second point of the same score would make a curve of it
    if any(logged.get(name) != value for name, value in flat.items()):
        run.log(flat)
    for path in (folder.metrics, folder.report, folder.predictions):
        run.keep(path)
    run.keep(folder.plots, "plots")


def _version(
    run: mlflow_runs.Training, task: Task, folder: Folder, identity: Identity, metrics: Mapping[str, Any]
) -> ModelVersion:
    client, name = run.client, task.data.registered_name
    content = {MODEL: metrics["sha256"]["model"], DATA: identity.data}
    rows = ", ".join(f"{split} {len(part)}" for split, part in read_splits(folder.arrays).items())
    tags = {
        **identity.tags(),
        **content,
        PREDICTIONS: sha256_of(folder.predictions),
        "seqops.source": metrics["source"],
        "seqops.rows": rows,
    }
    text = card(task.endpoint(), metrics, rows)
    version = versions.version_of(client, name, content)
    if version is None:
        _forget_bundles(client, run.run_id)
        uri = log_bundle(task, folder, run.run_id, task.endpoint().request_example(read_json(folder.meta)))
        tags[verify.BUNDLE] = verify.listed(run, uri)
        versions.describe(client, name, f"{task.name}: {task.endpoint().intended_use}"[: versions.MOST])
        # a server takes the address of a logged model only beside its id
        model = uri.removeprefix("models:/") if uri.startswith("models:/") else None
        version = client.create_model_version(
            name, uri, run.run_id, tags=tags, description=text, model_id=model
        )
    versions.update(client, version, tags, text)
    number = str(version.version)
    versions.point(client, name, versions.CHALLENGER, number)
    return versions.version(client, name, number)


def _forget_bundles(client: mlflow.MlflowClient, run_id: str) -> None:
    """Delete what a death between bundle and version left behind: no version speaks of it."""
    experiment = client.get_run(run_id).info.experiment_id
    for logged in client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
        client.delete_logged_model(logged.model_id)


def _settled(succession: Succession, version: ModelVersion) -> Decision | None:
    """Finish a decision that a death left half recorded; return it where it is about this version."""
    settled = succession.settle()
    number = str(version.version)
    return settled if settled and settled.version == number and settled.champion else None


def _decided(
    succession: Succession, task: Task, folder: Folder, version: ModelVersion, rule: Rule
) -> Decision:
    number, champion = str(version.version), succession.champion()
    present = Present.of(task, folder, version.tags[DATA])
    judged = judge(succession.client, present, version, champion, rule)
    reason, numbers = judged.opinion.reason, judged.numbers
    kept = Decision("kept", number, "rule", champion, champion, reason, numbers)
    if champion == number:
        return kept
    if not judged.opinion.promote:
        return succession.keep(kept)
    try:
        return succession.promote(Decision("promoted", number, "rule", champion, number, reason, numbers))
    except Overtaken as error:
        now, again = succession.champion(), f"{error} (`seqops publish {task.name}`)"
        return succession.keep(Decision("kept", number, "rule", now, now, again, numbers))
