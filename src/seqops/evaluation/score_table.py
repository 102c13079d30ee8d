"""The scores of the report: by the goal with whiskers, and by every metric beside the best baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from seqops.evaluation.evaluate import best_baseline
from seqops.evaluation.formatting import estimate, p_better

UNKNOWN = "–"
REACH = 4.0
"""The axis ends this many times as far from the best score as the median one, or at the model: bad scores
squeeze no good ones."""


@dataclass(frozen=True)
class Whisker:
    """Places on the axis, from 0 to 100.

    dot: None if the score is beyond the axis; low, high: the ends of the interval, None without one; below:
    the score is beyond the lower end.
    """

    dot: float | None
    low: float | None
    high: float | None
    below: bool = False


@dataclass(frozen=True)
class ScoreRow:
    """The model, an ablation of it, or a baseline, by the goal."""

    name: str
    kind: str
    score: str
    p: str
    whisker: Whisker | None

    @property
    def is_model(self) -> bool:
        """Whether this is the model itself."""
        return self.kind == "model"


def goal_rows(metrics: Mapping[str, Any]) -> list[ScoreRow]:
    """List the model, its ablations and the baselines, the best by the goal first; an undefined one last."""
    scored = list(_scored(metrics))
    defined = [row for row in scored if row[2] and row[2]["value"] is not None]
    defined.sort(key=lambda row: row[2]["value"], reverse=bool(metrics["higher_is_better"]))
    undefined = [row for row in scored if row not in defined]
    axis = _axis([row[2] for row in defined], metrics["model"][metrics["goal"]]["value"])
    shown = [(*row, whisker(row[2], axis)) for row in defined] + [(*row, None) for row in undefined]
    return [ScoreRow(name, kind, cell(score), p, whisker) for name, kind, score, p, whisker in shown]


def _scored(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    goal = metrics["goal"]
    yield "model", "model", metrics["model"][goal], ""
    for name, removed in metrics.get("ablations", {}).items():
        yield name, f"without {removed['part']}", removed["scores"].get(goal), p_value(removed["difference"])
    for name, scores in metrics["baselines"].items():
        p = p_value(metrics["against"][name])
        yield name, metrics["baseline_kinds"][name], scores.get(goal), p


def _axis(scores: Sequence[Mapping[str, Any]], model: float | None) -> tuple[float, float]:
    """Return the ends of the axis, the best score first in the list; both equal if all scores are."""
    distances = [abs(score["value"] - scores[0]["value"]) for score in scores]
    reach = REACH * median(distances or [0.0])
    if model is not None:
        reach = max(reach, abs(model - scores[0]["value"]))
    near = [score for score, distance in zip(scores, distances, strict=True) if distance <= reach]
    ends = [end for score in near for end in (score["low"], score["value"], score["high"]) if end is not None]
    return min(ends, default=0.0), max(ends, default=0.0)


def whisker(score: Mapping[str, Any], axis: tuple[float, float]) -> Whisker:
    """Place a score with a value on an axis with these ends."""
    first, last = axis

    def place(value: float) -> float:
        share = (value - first) / (last - first) if last > first else 0.5
        return round(100 * min(max(share, 0.0), 1.0), 1)

    low, high = (None if score[end] is None else place(score[end]) for end in ("low", "high"))
    value = score["value"]
    return Whisker(place(value) if first <= value <= last else None, low, high, below=value < first)


@dataclass(frozen=True)
class MetricRow:
    """One metric of the model, the best trivial and the best classical baseline by the goal."""

    name: str
    scale: str
    scores: Sequence[str]


def metric_rows(metrics: Mapping[str, Any]) -> tuple[list[str], list[MetricRow]]:
    """Return the columns, and one row for each metric."""
    best = [best_baseline(metrics, kind)[0] for kind in ("trivial", "classical")]
    compared = [name for name in best if name in metrics["baselines"]]
    columns = [metrics["model"], *(metrics["baselines"][name] for name in compared)]
    rows = [
        MetricRow(
            name,
            scale_of(metrics["signatures"].get(name, "")),
            [cell(column.get(name)) for column in columns],
        )
        for name in metrics.get("order", metrics["model"])
    ]
    return ["model", *compared], rows


def scale_of(signature: str) -> str:
    """Return what a scaled metric was divided by, from its signature; empty if it is not scaled."""
    return next((part for part in signature.split("|") if part.startswith("scale:")), "")


def cell(score: Mapping[str, Any] | None) -> str:
    """Format a score with its interval."""
    return UNKNOWN if score is None or score["value"] is None else estimate(score)


def p_value(difference: Mapping[str, Any]) -> str:
    """Format the one-sided p-value that the model is better."""
    p = p_better(difference)
    return UNKNOWN if p is None else f"{p:.4f}"
