"""Scores with intervals, every baseline on the same rows, and the verdict in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Baseline, Meta
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.metrics.bootstrap import Difference, interval, paired

WORDS = {"beats": "beats", "ties": "cannot be told from", "loses to": "loses to"}
"""How a model stands against a baseline: in a table, and in a sentence."""


@dataclass(frozen=True)
class BootstrapConfig:
    """How often rows are drawn anew, from which seed, and how unlikely a mere chance must be."""

    resamples: int
    seed: int
    alpha: float


@dataclass(frozen=True)
class BaselineComparison:
    """How the model stands against one baseline, by the goal's metric."""

    name: str
    kind: str
    difference: Difference

    def summary(self, alpha: float) -> str:
        """Say in a word how the model stands: it beats, ties or loses to this baseline."""
        return "beats" if self.beaten(alpha) else "loses to" if self.loses else "ties"

    def beaten(self, alpha: float) -> bool:
        """Tell whether the model is better, beyond chance at `alpha`."""
        return self.difference.value > 0 and self.difference.p < alpha

    @property
    def loses(self) -> bool:
        """Tell whether the model is worse: the whole 95 % interval of the difference is below zero."""
        return self.difference.high < 0


@dataclass(frozen=True)
class EvaluationResult:
    """All that is known of a model on its test rows."""

    metrics: dict[str, Any]
    comparisons: list[BaselineComparison]
    alpha: float

    @classmethod
    def read(cls, metrics: dict[str, Any], alpha: float) -> EvaluationResult:
        """Rebuild it from its metrics, as metrics.json holds them."""
        kinds = metrics["baseline_kinds"]
        comparisons = [
            BaselineComparison(n, kinds[n], _difference(stored)) for n, stored in metrics["against"].items()
        ]
        return cls(metrics, comparisons, alpha)

    @property
    def unbeaten(self) -> list[BaselineComparison]:
        """List the trivial baselines that the model does not beat."""
        return [r for r in self.comparisons if r.kind == "trivial" and not r.beaten(self.alpha)]

    @property
    def beats_trivial(self) -> bool:
        """Tell whether the model beats every trivial baseline: the gate to being champion."""
        return not self.unbeaten


def evaluate(
    evaluation: interfaces.Evaluation,
    predicted: pd.DataFrame,
    truth: Split,
    meta: Meta,
    baselines: Sequence[Baseline],
    bootstrap: BootstrapConfig,
) -> EvaluationResult:
    """Score a model and its baselines on the same rows, with the same resamples."""
    scores = evaluation.metrics.score(predicted, truth, meta)
    theirs = {b.name: evaluation.metrics.score(b.predicted, truth, meta) for b in baselines}
    goal, resamples, seed = evaluation.metrics.goal.metric, bootstrap.resamples, bootstrap.seed
    ours = named(scores, goal)
    comparisons = [
        BaselineComparison(b.name, b.kind, paired(ours, named(theirs[b.name], goal), resamples, seed))
        for b in baselines
    ]

    def intervals(of: Sequence[Score]) -> dict[str, Any]:
        return {s.name: interval(s, resamples, seed).to_json() for s in of}

    metrics = {
        "n_test": len(truth),
        "goal": goal,
        "higher_is_better": evaluation.metrics.goal.higher_is_better,
        "model": intervals(scores),
        "order": [s.name for s in scores],
        "baselines": {name: intervals(of) for name, of in theirs.items()},
        "baseline_kinds": {b.name: b.kind for b in baselines},
        "against": {r.name: r.difference.to_json() for r in comparisons},
        "slices": _slices(evaluation, ours, truth, meta, resamples, seed),
        "signatures": {s.name: s.signature for s in scores},
        "verdict": verdict(goal, comparisons, bootstrap.alpha),
    }
    return EvaluationResult(metrics, comparisons, bootstrap.alpha)


def verdict(goal: str, comparisons: Sequence[BaselineComparison], alpha: float) -> str:
    """Say who wins, plainly, at the level `alpha`."""
    if not comparisons:
        return "There is no baseline to compare with."
    names = {words: [r.name for r in comparisons if r.summary(alpha) == words] for words in WORDS}
    parts = [f"{WORDS[words]} {', '.join(those)}" for words, those in names.items() if those]
    return f"By {goal}, the model {'; it '.join(parts)} (paired bootstrap, p < {alpha:g})."


def best_baseline(metrics: Mapping[str, Any], kind: str | None = None) -> tuple[str, float]:
    """Return the best baseline (of a kind) by the goal, and its value; `none` where there is none."""
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
    evaluation: interfaces.Evaluation, predicted: pd.DataFrame, truth: Split, meta: Meta, most: int = 20
) -> pd.DataFrame:
    """Show the rows with the worst goal score of their own, worst first."""
    goal = named(evaluation.metrics.score(predicted, truth, meta), evaluation.metrics.goal.metric)
    sign = 1.0 if goal.higher_is_better else -1.0
    each = np.nan_to_num(sign * goal.each(), nan=np.inf)
    rows = np.argsort(each, kind="stable")[:most]
    table = evaluation.examples(predicted, truth, meta).iloc[rows]
    return table.assign(**{goal.name: goal.each()[rows]})


def _slices(
    evaluation: interfaces.Evaluation, ours: Score, truth: Split, meta: Meta, resamples: int, seed: int
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, mask in evaluation.slices(truth, meta).items():
        if mask.any():
            part = replace(ours, statistics=ours.statistics[mask])
            out[name] = {"n": int(mask.sum()), ours.name: interval(part, resamples, seed).to_json()}
    return out


def named(scores: Sequence[Score], name: str) -> Score:
    """Pick a score by its name."""
    return next(s for s in scores if s.name == name)


def _difference(stored: Mapping[str, float | None]) -> Difference:
    return Difference(**{name: float("nan") if value is None else value for name, value in stored.items()})
