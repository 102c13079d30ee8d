"""Registration of the artefacts on disk as a version, once per content, and the promotion decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.arrays_io import read_splits
from seqops.core.errors import DataError
from seqops.core.files import read_json, sha256_of, sha256_of_json
from seqops.core.interfaces import Task
from seqops.core.project import Project, TaskPaths
from seqops.evaluation.evaluate import EvaluationResult
from seqops.registry import repeats, verify, versions
from seqops.registry.assess import assess
from seqops.registry.bundle import log_bundle
from seqops.registry.champion import ROLLED_BACK, ChampionAlias, ChampionChangedError, Decision
from seqops.registry.comparison_history import RowSketch
from seqops.registry.model_card import card
from seqops.registry.names import registered_name
from seqops.registry.promotion_rule import PromotionRule
from seqops.registry.rescore import PREDICTIONS, HeldOutSet
from seqops.registry.tags import BETTER_BASELINE, ROWS, SOURCE, packed, tags_of
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint


def publish(project: Project, task: Task, fingerprint: Fingerprint, rule: PromotionRule) -> Decision:
    """Log the scores to the training run, register the bundle, and apply the promotion rule.

    Idempotent: runs and versions are found by content, so a second call completes an interrupted first one
    and duplicates nothing; but a version whose bundle is missing or altered is registered again. Raises
    DataError if the artefacts on disk do not belong together.
    """
    paths = project.task_paths(task.name)
    metrics = read_scores(paths, fingerprint)
    run = mlflow_runs.find_training_run(project, task, fingerprint, metrics["sha256"]["model"])
    _log(run, paths, metrics)
    repeats.log(project, task, fingerprint, run, metrics)
    champion_alias = ChampionAlias(run.client, project, task.name, registered_name(task))
    with champion_alias.lock():
        better = EvaluationResult.read(metrics, rule.bootstrap.alpha).better_baseline_summary()
        version = _version(run, task, paths, fingerprint, metrics, better)
    return _recover(champion_alias, version) or _decide(champion_alias, task, paths, version, rule)


def read_scores(paths: TaskPaths, fingerprint: Fingerprint) -> dict[str, Any]:
    """Read the scores on disk. Raises DataError if they belong to other weights or data."""
    metrics: dict[str, Any] = read_json(paths.evaluation)
    if not paths.weights.is_file():
        raise DataError(f"{paths.weights} does not exist. Run `dvc repro`.")
    scored = {"data": fingerprint.data, "model": sha256_of(paths.weights)}
    if metrics.get("sha256") != scored or not repeats.are_scored(paths, metrics):
        raise DataError(
            f"{paths.evaluation} holds the scores of other weights or other data than those on disk. "
            f"Run `dvc repro evaluate@{paths.path.name}`."
        )
    return metrics


def flat_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Flatten the scores to MLflow metrics: `test/f1`, `test/f1.low`, `baseline/copy.f1`."""
    flat: dict[str, float | None] = {}
    for name, score in metrics["model"].items():
        flat |= {
            f"test/{name}": score["value"],
            f"test/{name}.low": score["low"],
            f"test/{name}.high": score["high"],
        }
    flat |= repeats.flat_scores(metrics)
    for baseline, scores in metrics["baselines"].items():
        flat |= {f"baseline/{baseline}.{name}": score["value"] for name, score in scores.items()}
    for ablation, found in metrics.get("ablations", {}).items():
        flat |= {f"ablation/{ablation}.{name}": score["value"] for name, score in found["scores"].items()}
    return mlflow_runs.metric_names(flat)


def _log(run: mlflow_runs.TrainingRun, paths: TaskPaths, metrics: Mapping[str, Any]) -> None:
    run.log_scores(flat_scores(metrics))
    for path in (paths.evaluation, paths.report, paths.predictions):
        run.log_artifact(path)
    for folder in (paths.plots, paths.plot_data):
        run.log_artifact(folder, folder.name)
    run.set_tags({mlflow_runs.METRICS_SHA256: sha256_of_json(metrics)})


def _version(
    run: mlflow_runs.TrainingRun,
    task: Task,
    paths: TaskPaths,
    fingerprint: Fingerprint,
    metrics: Mapping[str, Any],
    better_baseline: str,
) -> ModelVersion:
    client, name = run.client, registered_name(task)
    content = {versions.MODEL: metrics["sha256"]["model"], versions.DATA: fingerprint.data}
    splits = read_splits(paths.arrays)
    rows = ", ".join(f"{split} {len(part)}" for split, part in splits.items())
    tags = {
        **fingerprint.tags(),
        **content,
        PREDICTIONS: sha256_of(paths.predictions),
        SOURCE: metrics["source"],
        ROWS: rows,
        versions.TEST_ROWS: RowSketch.of(splits["test"]).label(),
        BETTER_BASELINE: better_baseline[: versions.MAX_DESCRIPTION],
    }
    pretrained = read_json(paths.meta).get("pretrained")
    text = card(task.endpoint(), name, metrics, rows, better_baseline, pretrained)
    version = former = versions.version_of(client, name, content)
    if version is None or verify.fault_of(client, version):
        _delete_unregistered_bundles(client, run.run_id, name)
        if former is not None and ROLLED_BACK in (earlier := tags_of(former)):
            tags[ROLLED_BACK] = earlier[ROLLED_BACK]
        uri = log_bundle(task, paths, run.run_id, task.endpoint().example(read_json(paths.meta)))
        tags[verify.BUNDLE] = verify.record_files(run, uri)
        versions.describe(client, name, versions.purpose(task))
        # an MLflow server accepts the URI of a logged model only together with its id
        model = uri.removeprefix("models:/") if uri.startswith("models:/") else None
        version = client.create_model_version(
            name, uri, run.run_id, tags=packed(tags), description=text, model_id=model
        )
    versions.update(client, version, tags, text)
    number = str(version.version)
    versions.set_alias(client, name, versions.CHALLENGER, number)
    return versions.version(client, name, number)


def _delete_unregistered_bundles(client: mlflow.MlflowClient, run_id: str, name: str) -> None:
    """Delete bundles without a version, left by a crash between logging and registering."""
    registered = {version.source for version in versions.versions(client, name)}
    experiment = client.get_run(run_id).info.experiment_id
    for logged in client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
        if f"models:/{logged.model_id}" not in registered:
            client.delete_logged_model(logged.model_id)


def _recover(champion_alias: ChampionAlias, version: ModelVersion) -> Decision | None:
    """Complete a decision that a crash interrupted; return it if it made this version champion."""
    recovered = champion_alias.recover()
    number = str(version.version)
    return recovered if recovered and recovered.version == number and recovered.champion else None


def _replaces(champion_alias: ChampionAlias, version: ModelVersion, champion: str | None) -> str:
    """Say why a version replaces the champion untested: it is the same, registered again; else empty."""
    if champion in (None, str(version.version)) or ROLLED_BACK in tags_of(version):
        return ""
    holder = versions.version(champion_alias.client, version.name, champion)
    if not versions.same_content(holder, version):
        return ""
    fault = verify.fault_of(champion_alias.client, holder)
    return f"{fault}, and this is the same model, registered again" if fault else ""


def _decide(
    champion_alias: ChampionAlias, task: Task, paths: TaskPaths, version: ModelVersion, rule: PromotionRule
) -> Decision:
    number, champion = str(version.version), champion_alias.champion()
    if reason := _replaces(champion_alias, version, champion):
        return champion_alias.promote(Decision("promoted", number, "rule", champion, number, reason))
    test_set = HeldOutSet.load(task, paths, tags_of(version)[versions.DATA])
    assessment = assess(champion_alias.client, test_set, version, champion, rule, champion_alias.decisions())
    reason, numbers = assessment.verdict.reason, assessment.numbers
    kept = Decision("kept", number, "rule", champion, champion, reason, numbers)
    if champion == number:
        return kept
    if not assessment.verdict.promote:
        return champion_alias.keep(kept)
    try:
        return champion_alias.promote(Decision("promoted", number, "rule", champion, number, reason, numbers))
    except ChampionChangedError as error:
        current, reason = champion_alias.champion(), f"{error} (`seqops publish {task.name}`)"
        return champion_alias.keep(Decision("kept", number, "rule", current, current, reason, numbers))
