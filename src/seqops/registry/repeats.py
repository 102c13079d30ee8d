"""The runs of repeats: nested under the run of the registered model, with the test scores of their seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from seqops.core.files import sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project, TaskPaths
from seqops.core.repeats import repeats_of
from seqops.tracking.fingerprint import Fingerprint
from seqops.tracking.mlflow_runs import GROUP, Repeat, TrainingRun, find_training_run, metric_names

LOGGED = {"value": "mean", "low": "low", "high": "high", "min": "min", "max": "max", "sd": "sd"}
"""The figures of a score over seeds in evaluation.json, and how they end in the name of a metric."""


def are_scored(paths: TaskPaths, metrics: Mapping[str, Any]) -> bool:
    """Return whether the scores over seeds, if there are any, are those of the weights on disk."""
    scored: Mapping[str, str] = metrics.get("seeds", {}).get("sha256", {})
    return all(sha256_of(paths.repeated_weights(int(seed))) == sha256 for seed, sha256 in scored.items())


def flat_scores(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Flatten the scores over seeds to `test/f1.seeds_mean` and so on; none for one seed."""
    scores = metrics.get("seeds", {}).get("scores", {})
    return {
        f"test/{name}.seeds_{end}": score[key]
        for name, score in scores.items()
        for key, end in LOGGED.items()
    }


def log(
    project: Project, task: Task, fingerprint: Fingerprint, main: TrainingRun, metrics: Mapping[str, Any]
) -> None:
    """Log the test scores of each repeat to its run, which is found by content; none for one seed."""
    if "seeds" not in metrics:
        return
    seeds, model = metrics["seeds"], metrics["sha256"]["model"]
    for place, repeat in enumerate(repeats_of(task, len(seeds["seeds"])), start=1):
        seed = repeat.fit_config.seed
        where, sha256 = Repeat.of(main, model, seed), seeds["sha256"][str(seed)]
        run = find_training_run(project, repeat, fingerprint.of_repeat(repeat), sha256, where)
        # an earlier run of the same training may have been its parent
        run.set_tags({MLFLOW_PARENT_RUN_ID: main.run_id})
        values = {f"test/{name}": score["values"][place] for name, score in seeds["scores"].items()}
        run.log_scores(metric_names(values))
        main.set_tags({GROUP: where.group})
