"""The model card of a version, in Markdown, as the MLflow UI shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqops.blocks.registry import MOST
from seqops.contract import Data


def card(data: Data, metrics: Mapping[str, Any], rows: str) -> str:
    """Write what a model is for, its limits, data, scores, baselines and slices; rows: of each split."""
    goal = metrics["goal"]
    sections = [
        f"**Intended use.** {data.intended_use}",
        f"**Limits.** {data.limits}",
        f"**Data.** Source: {metrics['source']}; rows: {rows}; sha256 {metrics['sha256']['data'][:12]}.",
        f"**Verdict.** {metrics['verdict']}",
        f"**Load it.** `seqops predict {metrics['task']} INPUT`, or "
        f'`mlflow.pyfunc.load_model("models:/{data.registered_name}@champion").predict([INPUT])`.',
        _table(("score on the test rows", "value", "95 % interval"), _scores(metrics["model"])),
        _table(("baseline", "kind", goal, "95 % interval", "the model is better by", "p"), _rivals(metrics)),
        _table(("slice", "rows", goal, "95 % interval"), _slices(metrics)),
    ]
    return _fitting("\n\n".join(section for section in sections if section))


def _scores(scores: Mapping[str, Any]) -> list[Sequence[str]]:
    return [(name, _number(score["value"]), _range(score)) for name, score in scores.items()]


def _rivals(metrics: Mapping[str, Any]) -> list[Sequence[str]]:
    kinds, against, goal = metrics["baseline_kinds"], metrics["against"], metrics["goal"]
    return [
        (
            name,
            kinds[name],
            _number(scores[goal]["value"]),
            _range(scores[goal]),
            f"{_number(against[name]['value'])} {_range(against[name])}",
            _number(against[name]["p"]),
        )
        for name, scores in metrics["baselines"].items()
    ]


def _slices(metrics: Mapping[str, Any]) -> list[Sequence[str]]:
    goal = metrics["goal"]
    return [
        (name, str(part["n"]), _number(part[goal]["value"]), _range(part[goal]))
        for name, part in metrics["slices"].items()
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"


def _range(score: Mapping[str, float | None]) -> str:
    return f"[{_number(score['low'])}, {_number(score['high'])}]"


def _fitting(text: str) -> str:
    """Cut after the last whole line for which the registry has room."""
    return text if len(text) <= MOST else text[:MOST].rpartition("\n")[0]
