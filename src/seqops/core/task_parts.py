"""Where the parts of a task stand: modules below `seqops.tasks.<task>`."""

from __future__ import annotations

DATASET = "data.dataset"
NETWORK = "model.network"
METRICS = "metrics"
EVALUATION = "evaluation.evaluation"
ENDPOINT = "serving"
PARTS = (DATASET, NETWORK, METRICS, EVALUATION, ENDPOINT)
TRAINED = (DATASET, NETWORK, METRICS)
"""The parts that decide the weights."""


def module_of(task: str, part: str) -> str:
    """Name the module of a part of a task."""
    return f"seqops.tasks.{task}.{part}"
