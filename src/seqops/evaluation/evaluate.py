"""Scores with confidence intervals, comparison with the baselines, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.core.score import Score, named
from seqops.core.settings import Gate
from seqops.evaluation.baseline_comparisons import BaselineComparison, corrected
from seqops.evaluation.formatting import number
from seqops.evaluation.model_kinds import recommendation
from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import Difference, Outcome, paired
from seqops.metrics.training_gain import TrainingGain
from seqops.metrics.units import counting

WORDS: dict[Outcome, str] = {
    "beats": "beats",
    "ties": "does not differ significantly from",
    "loses to": "loses to",
    "undecided": "cannot be compared with",
}
"""The outcome of a comparison with a baseline: as a label, and in a sentence."""


@dataclass(frozen=True)
class BootstrapConfig:
    """Number of bootstrap resamples, random seed, and the one-sided level of every test."""

    resamples: int
    seed: int
    alpha: float


@dataclass(frozen=True)
class EvaluationResult:
    """The result of evaluating a model on its test rows; `metrics` holds the uncorrected p-values."""

    metrics: dict[str, Any]
    comparisons: list[BaselineComparison]
    alpha: float

    @classmethod
    def read(cls, metrics: dict[str, Any], alpha: float) -> EvaluationResult:
        """Rebuild the result from the content of evaluation.json."""
        return cls(metrics, _read(metrics, metrics["against"]), alpha)

    @property
    def further(self) -> dict[str, list[BaselineComparison]]:
        """Return the comparisons by each metric beside the goal; former releases stored none."""
        stored = self.metrics.get("also_against", {})
        return {metric: _read(self.metrics, against) for metric, against in stored.items()}

    @property
    def unbeaten_trivial(self) -> list[BaselineComparison]:
        """List the trivial baselines that the model does not beat."""
        return [r for r in self.comparisons if r.kind == "trivial" and not r.beaten(self.alpha)]

    @property
    def beats_trivial(self) -> bool:
        """Return whether the model beats every trivial baseline, as a champion must."""
        return not self.unbeaten_trivial

    @property
    def better_baselines(self) -> list[BaselineComparison]:
        """List the classical baselines that are significantly better than the model."""
        classical = [r for r in self.comparisons if r.kind == "classical"]
        return [r for r in classical if r.summary(self.alpha) == "loses to"]

    @property
    def ahead(self) -> list[BaselineComparison]:
        """List the classical baselines with a better score, whether the difference is significant or not."""
        return [r for r in self.comparisons if r.kind == "classical" and r.difference.value < 0]

    def blocking_baselines(self, gate: Gate) -> list[BaselineComparison]:
        """List the classical baselines because of which a gate refuses the model."""
        if gate == "all":
            return [r for r in self.comparisons if r.kind == "classical" and not r.beaten(self.alpha)]
        return self.better_baselines if gate == "not_worse" else []

    def better_baseline_summary(self) -> str:
        """Say in one line that classical baselines are better than the model; empty if none is."""
        if not self.better_baselines:
            return ""
        goal = self.metrics["goal"]
        values = {name: scores[goal]["value"] for name, scores in self.metrics["baselines"].items()}
        names = ", ".join(f"{r.name} ({number(values[r.name])})" for r in self.better_baselines)
        ours = number(self.metrics["model"][goal]["value"])
        return f"By {goal}, a classical method is better than this model ({ours}): {names}."

    @property
    def training(self) -> TrainingGain | None:
        """The model compared with its initial weights; None for scores that an earlier release wrote."""
        content = self.metrics.get("training")
        return None if content is None else TrainingGain.read(content)

    @property
    def untrained(self) -> bool:
        """Return whether training did not improve on the initial model."""
        return self.training is not None and self.training.outcome(self.alpha) == "not improved"


def evaluate(
    evaluation: interfaces.Evaluation,
    predicted: pd.DataFrame,
    truth: Split,
    meta: Meta,
    baselines: Sequence[Baseline],
    bootstrap: BootstrapConfig,
    training: TrainingGain | None = None,
    mixed: bool = False,
) -> EvaluationResult:
    """Score a model and its baselines on the same rows, with the same resamples; name those that failed.

    training: what training gained, if it is known; mixed: whether the model is a mixture.
    """
    failed = {b.name: b.failure for b in baselines if b.failure}
    baselines = [b for b in baselines if not b.failure]
    scores = evaluation.metrics.score(predicted, truth, meta)
    theirs = {b.name: evaluation.metrics.score(b.predicted, truth, meta) for b in baselines}
    goal, resamples, seed = evaluation.metrics.goal.metric, bootstrap.resamples, bootstrap.seed
    ours = named(scores, goal)

    def against(metric: str) -> dict[str, Difference]:
        first = named(scores, metric)
        return {b.name: paired(first, named(theirs[b.name], metric), resamples, seed) for b in baselines}

    differences = against(goal)
    also = {metric: against(metric) for metric in evaluation.metrics.also_compared}
    kinds = {b.name: b.kind for b in baselines}
    comparisons = corrected(differences, kinds)
    further = {metric: corrected(found, kinds) for metric, found in also.items()}

    def intervals(of: Sequence[Score]) -> dict[str, Any]:
        return {s.name: interval(s, resamples, seed).to_json() for s in of}

    metrics = {
        "n_test": len(truth),
        "goal": goal,
        "higher_is_better": evaluation.metrics.goal.higher_is_better,
        "model": intervals(scores),
        "order": [s.name for s in scores],
        "baselines": {name: intervals(of) for name, of in theirs.items()},
        "baseline_kinds": kinds,
        "baseline_settings": {b.name: b.settings for b in baselines if b.settings},
        "failed_baselines": failed,
        "against": _stored(differences),
        "slices": _slices(evaluation, ours, truth, meta, resamples, seed),
        "signatures": {s.name: s.signature for s in scores},
        "nominal": {s.name: s.nominal for s in scores if s.nominal is not None},
    }
    words = verdict(goal, comparisons, bootstrap.alpha, training, further) + failures(failed)
    result = EvaluationResult(metrics, comparisons, bootstrap.alpha)
    better, ahead = _by_name(result.better_baselines), _by_name(result.ahead)
    advice = recommendation(baselines, better, ahead, mixed)
    remarks = evaluation.metrics.remarks(metrics, meta)
    metrics["verdict"] = " ".join(filter(None, [words, *remarks, advice]))
    if training is not None:
        metrics |= {"training": training.to_json(), "training_summary": training.summary(bootstrap.alpha)}
    if further:
        metrics["also_against"] = {metric: _stored(found) for metric, found in also.items()}
    return result


def _by_name(comparisons: Sequence[BaselineComparison]) -> dict[str, Difference]:
    return {r.name: r.difference for r in comparisons}


def _read(metrics: Mapping[str, Any], against: Mapping[str, Any]) -> list[BaselineComparison]:
    return corrected({name: Difference.read(d) for name, d in against.items()}, metrics["baseline_kinds"])


def _stored(differences: Mapping[str, Difference]) -> dict[str, Any]:
    return {name: difference.to_json() for name, difference in differences.items()}


def verdict(
    goal: str,
    comparisons: Sequence[BaselineComparison],
    alpha: float,
    training: TrainingGain | None = None,
    further: Mapping[str, Sequence[BaselineComparison]] | None = None,
) -> str:
    """Summarize the comparisons, and first of all that training did not improve the model, if it did not.

    alpha: significance level; further: the comparisons by each further metric, named where they disagree.
    """
    against = _against_baselines(goal, comparisons, alpha, further or {})
    if training is None or training.outcome(alpha) != "not improved":
        return against
    return f"{training.summary(alpha)} {against}"


def _against_baselines(
    goal: str,
    comparisons: Sequence[BaselineComparison],
    alpha: float,
    further: Mapping[str, Sequence[BaselineComparison]],
) -> str:
    if not comparisons:
        return "There are no baselines to compare with."
    undecided = [r.difference.reason for r in comparisons if r.summary(alpha) == "undecided"]
    reasons = f" ({'; '.join(sorted(set(undecided)))})" if undecided else ""
    untested = len(undecided) == len(comparisons)
    tests = "" if untested else f" (paired tests, each one-sided at {alpha:g})"
    first = f"By {goal}, the model {_outcomes(comparisons, alpha)}{reasons}{tests}."
    return " ".join([first, *_disagreements(comparisons, alpha, further)])


def _disagreements(
    comparisons: Sequence[BaselineComparison],
    alpha: float,
    further: Mapping[str, Sequence[BaselineComparison]],
) -> Iterator[str]:
    """Say by which further metrics the outcome for a baseline differs from that by the goal."""
    by_goal = {r.name: r.summary(alpha) for r in comparisons}
    for metric, rows in further.items():
        different = [r for r in rows if r.summary(alpha) != by_goal[r.name]]
        if different:
            yield f"By {metric}, it {_outcomes(different, alpha)}."


def _outcomes(comparisons: Sequence[BaselineComparison], alpha: float) -> str:
    """List the baselines by outcome, such as `beats copy; it loses to ets, theta`."""
    names = {outcome: [r.name for r in comparisons if r.summary(alpha) == outcome] for outcome in WORDS}
    return "; it ".join(f"{WORDS[outcome]} {', '.join(group)}" for outcome, group in names.items() if group)


def failures(failed: Mapping[str, str]) -> str:
    """Say which baselines could not be compared with, and why; failed: the reason by name."""
    return "".join(f" {name} failed and is left out: {why}." for name, why in failed.items())


def best_baseline(metrics: Mapping[str, Any], kind: str | None = None) -> tuple[str, float]:
    """Return the best baseline (of a kind) by the goal metric and its value; (`none`, NaN) if none exists."""
    goal, sign = metrics["goal"], 1 if metrics["higher_is_better"] else -1
    every = {
        name: scores[goal]["value"]
        for name, scores in metrics["baselines"].items()
        if kind is None or metrics["baseline_kinds"][name] == kind
    }
    values = {name: value for name, value in every.items() if value is not None} or {"none": math.nan}
    name = max(values, key=lambda n: sign * values[n])
    return name, values[name]


def worst_examples(
    evaluation: interfaces.Evaluation, predicted: pd.DataFrame, truth: Split, meta: Meta, limit: int = 20
) -> pd.DataFrame:
    """Return the rows with the worst goal score of their own, worst first; those without one come last.

    A sentence without true and predicted entities, for example, has none.
    """
    goal = named(evaluation.metrics.score(predicted, truth, meta), evaluation.metrics.goal.metric)
    sign = 1.0 if goal.higher_is_better else -1.0
    each = np.where(counting(goal.statistics), np.nan_to_num(sign * goal.each(), nan=np.inf), np.inf)
    rows = np.argsort(each, kind="stable")[:limit]
    table = evaluation.examples(predicted, truth, meta).iloc[rows]
    return table.assign(**{goal.name: goal.each()[rows]})


def _slices(
    evaluation: interfaces.Evaluation, ours: Score, truth: Split, meta: Meta, resamples: int, seed: int
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, mask in evaluation.slices(truth, meta).items():
        if mask.any():
            part = ours.take(mask)
            out[name] = {"n": int(mask.sum()), ours.name: interval(part, resamples, seed).to_json()}
    return out
