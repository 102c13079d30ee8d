"""Baselines that may themselves be the model of the task, by their `model.kind`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqops.core.interfaces import Task
from seqops.core.mixtures import Mixture
from seqops.core.predictors import ClassicalModel
from seqops.core.records import Baseline
from seqops.evaluation.formatting import number
from seqops.metrics.paired_tests import Difference


def other_methods(baselines: Sequence[Baseline], task: Task) -> list[Baseline]:
    """Leave out the baseline that is the same method as the model of the task, if one is."""
    kind = task.section["model"].get("kind")
    return [baseline for baseline in baselines if not baseline.model_kind or baseline.model_kind != kind]


def settings(task: Task) -> dict[str, Any]:
    """Return the settings of a model and its fit under dotted keys; of a classical one, its kind alone."""
    kind = {"model.kind": task.section["model"].get("kind")}
    if isinstance(task.network(), ClassicalModel):
        return kind
    return kind | {key: value for key, value in task.values().items() if key.startswith(("model.", "fit."))}


def is_mixture(task: Task) -> bool:
    """Return whether the model of the task is a network mixed with a classical model."""
    return isinstance(task.network(), Mixture)


def recommendation(baselines: Sequence[Baseline], better: Mapping[str, Difference], mixed: bool) -> str:
    """Name the settings that make the best of the better baselines the model; empty if there are none.

    better: the model compared with each baseline that beats it, by name; mixed: whether the model is a
    mixture, which a classical one cannot be.
    """
    kinds = {b.name: b.model_kind for b in baselines if b.model_kind and b.name in better}
    if not kinds:
        return ""
    best = min(kinds, key=lambda name: better[name].value)
    keys = f"model.kind: {kinds[best]}" + (" and model.mixture: none" if mixed else "")
    return f"{best} is better here (p = {number(better[best].p_worse)}): set {keys}."
