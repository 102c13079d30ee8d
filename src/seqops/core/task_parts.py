"""The modules of the parts of a task, below `seqops.tasks.<task>`."""

from __future__ import annotations

DATASET = "data.dataset"
NETWORK = "model.network"
METRICS = "metrics"
EVALUATION = "evaluation.evaluation"
ENDPOINT = "serving"
PARTS = (DATASET, NETWORK, METRICS, EVALUATION, ENDPOINT)
TRAINED = (DATASET, NETWORK, METRICS)
"""The parts that determine the weights."""


def module_of(task: str, part: str) -> str:
    """Return the module name of a part of a task."""
    return f"seqops.tasks.{task}.{part}"
