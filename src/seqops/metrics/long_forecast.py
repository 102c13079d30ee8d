"""The one forecast of the whole horizon in words, where the rolling backtest covers fewer steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

METRIC = "mase"


def remarks(metrics: Mapping[str, Any], horizon: int, backtest_horizon: int) -> list[str]:
    """Compare its MASE with those of the best trivial and the best classical baseline.

    metrics: the content of evaluation.json. Empty where the backtest covers the horizon, or the MASE is
    unknown.
    """
    ours = metrics["model"].get(METRIC, {}).get("value")
    if horizon <= backtest_horizon or ours is None:
        return []
    compared = list(_compared(metrics, ours))
    against = f": {' and '.join(compared)}" if compared else ""
    return [
        f"Over all {horizon} steps, in one forecast (not tested), the model's MASE is {ours:.4g}{against}."
    ]


def _compared(metrics: Mapping[str, Any], ours: float) -> Iterator[str]:
    for kind in ("trivial", "classical"):
        values = {
            name: scores[METRIC]["value"]
            for name, scores in metrics["baselines"].items()
            if metrics["baseline_kinds"][name] == kind and scores[METRIC]["value"] is not None
        }
        if values:
            best = min(values, key=lambda name: values[name])
            yield f"{_word(ours, values[best])} the best {kind} baseline, {best} ({values[best]:.4g})"


def _word(ours: float, theirs: float) -> str:
    return "better than" if ours < theirs else "worse than" if ours > theirs else "equal to"
