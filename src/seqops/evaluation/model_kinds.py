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


def settings(task: Task) -> dict[str, Any]:
    """Return the settings of a model and its fit under dotted keys; of a classical one, its kind alone."""
    kind = {"model.kind": task.section["model"].get("kind")}
    if isinstance(task.network(), ClassicalModel):
        return kind
    return kind | {key: value for key, value in task.values().items() if key.startswith(("model.", "fit."))}


def is_mixture(task: Task) -> bool:
    """Return whether the model of the task is a network mixed with a classical model."""
    return isinstance(task.network(), Mixture)


def recommendation(
    baselines: Sequence[Baseline],
    better: Mapping[str, Difference],
    ahead: Mapping[str, Difference],
    mixed: bool,
) -> str:
    """Name the settings that make the best of the better baselines the model; empty if there are none.

    Where no test tells a baseline from the model, the best of those ahead of it is named as one to try.

    better: the model compared with each baseline that beats it, by name; ahead: with each whose score is
    better, significantly or not; mixed: whether the model is a mixture, which a classical one cannot be.
    """
    if best := _best(baselines, better):
        return f"{best.name} is better here ({_p(better[best.name])}): set {_keys(best, mixed)}."
    if best := _best(baselines, ahead):
        doubt = _p(ahead[best.name])
        return f"{best.name} is better by its score alone ({doubt}): try {_keys(best, mixed)}."
    return ""


def _best(baselines: Sequence[Baseline], compared: Mapping[str, Difference]) -> Baseline | None:
    """Return the best of the compared baselines that have a kind; None if there is none."""
    kinds = [b for b in baselines if b.model_kind and b.name in compared]
    return min(kinds, key=lambda b: compared[b.name].value, default=None)


def _keys(baseline: Baseline, mixed: bool) -> str:
    return f"model.kind: {baseline.model_kind}" + (" and model.mixture: none" if mixed else "")


def _p(difference: Difference) -> str:
    return "not tested" if difference.p_worse is None else f"p = {number(difference.p_worse)}"
