"""What each part of a model adds: the model compared with itself without that part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Ablation
from seqops.core.score import Score, named
from seqops.evaluation.evaluate import BootstrapConfig
from seqops.evaluation.formatting import number
from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import Difference, paired


def compare(
    ablations: Sequence[Ablation],
    predicted: pd.DataFrame,
    metrics: Metrics,
    truth: Split,
    meta: Meta,
    bootstrap: BootstrapConfig,
) -> dict[str, Any]:
    """Compare the model with each ablation on the same rows; return section `ablations` of evaluation.json.

    Ablations are no baselines: the promotion rule does not read them.
    """
    goal, resamples, seed = metrics.goal.metric, bootstrap.resamples, bootstrap.seed
    ours = named(metrics.score(predicted, truth, meta), goal)
    section = {}
    for ablation in ablations:
        scores = metrics.score(ablation.predicted, truth, meta)
        theirs = named(scores, goal)
        difference = paired(ours, theirs, resamples, seed)
        section[ablation.name] = {
            "part": ablation.part,
            "scores": {s.name: interval(s, resamples, seed).to_json() for s in scores},
            "difference": difference.to_json(),
            "summary": _summary(ablation, ours, theirs, difference, bootstrap.alpha),
        }
    return section


def _summary(ablation: Ablation, ours: Score, theirs: Score, difference: Difference, alpha: float) -> str:
    """Say in one sentence whether the part improves on what remains without it."""
    name, part = ablation.name, ablation.part[0].upper() + ablation.part[1:]
    with_it, without = number(ours.point()), number(theirs.point())
    values = f"{ours.name} {with_it} against {without}"
    match difference.outcome(alpha):
        case "beats":
            return f"{part} improves on {name} ({values}, p = {number(difference.p_better)})."
        case "loses to":
            return f"{part} makes {name} worse ({values}, p = {number(difference.p_worse)})."
        case _ if with_it == without:
            return f"{part} adds nothing to {name}: both have the same {ours.name} ({with_it})."
        case "ties":
            return f"{part} adds nothing significant to {name} ({values}, p = {number(difference.p_better)})."
        case "undecided":
            question = f"Whether {ablation.part} improves on {name}"
            return f"{question} cannot be tested ({values}; {difference.reason})."


def summary(metrics: Mapping[str, Any]) -> str:
    """Say what each part of the model adds; empty if the model has no ablations.

    metrics: the content of evaluation.json.
    """
    return " ".join(found["summary"] for found in metrics.get("ablations", {}).values())
