"""From an evaluated model to a registered version, once for each content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqops.blocks import registry, track
from seqops.blocks.bundle import log_bundle
from seqops.blocks.evaluation import Evaluation, best_baseline
from seqops.blocks.identity import Identity
from seqops.blocks.registry import Decision
from seqops.contract import Meta, Task
from seqops.store import Store, sha256_of


def publish(store: Store, task: Task, identity: Identity, found: Evaluation, meta: Meta) -> Decision:
    """Log the scores to the training run, register the bundle, and name the champion if there is none."""
    folder = store.folder(task.name)
    model_sha256 = sha256_of(folder.weights)
    run = track.training_run(store, task, identity, model_sha256)
    run.log(flat_scores(found.metrics))
    for path in (folder.metrics, folder.report, folder.predictions):
        run.keep(path)
    run.keep(folder.plots, "plots")
    name = task.data.registered_name
    tags = {"seqops.model_sha256": model_sha256, "seqops.data_sha256": identity.data}
    version = registry.version_of(run.client, name, tags)
    if version is None:
        uri = log_bundle(task, folder, run.run_id, task.data.request_example(meta))
        version = registry.register(run.client, name, uri, run.run_id, tags, card(found.metrics))
    return registry.crown(run.client, name, version, found.beats_trivial)


def flat_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Name every score as MLflow shows it: `test.f1`, `test.f1.low`, `baseline.copy.f1`."""
    flat: dict[str, float | None] = {}
    for name, score in metrics["model"].items():
        flat |= {
            f"test.{name}": score["value"],
            f"test.{name}.low": score["low"],
            f"test.{name}.high": score["high"],
        }
    for baseline, scores in metrics["baselines"].items():
        flat |= {f"baseline.{baseline}.{name}": score["value"] for name, score in scores.items()}
    # MLflow refuses other characters in a metric's name
    return {re.sub(r"[^\w./ :-]", "-", name): value for name, value in flat.items() if value is not None}


def card(metrics: Mapping[str, Any]) -> str:
    """Write the model card: data, score with interval, best baseline, verdict."""
    goal = metrics["goal"]
    score = metrics["model"][goal]
    lines = [
        f"Source: {metrics['source']}; {metrics['n_test']} test rows.",
        f"{goal}: {score['value']} (95 % interval {score['low']} to {score['high']}).",
    ]
    if metrics["baselines"]:
        name, value = best_baseline(metrics)
        lines.append(f"Best baseline: {name}, {value}.")
    return "\n\n".join([*lines, metrics["verdict"]])
