"""What the verdict says of forecasts that no test compares: by their values alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LONG, BACKTEST = "mase", "backtest_mase"


def remarks(metrics: Mapping[str, Any], horizon: int, backtest_horizon: int) -> list[str]:
    """Compare MASEs with those of the best trivial and the best classical baseline.

    That of the backtest, if it has too few origins for a test, and that of the one forecast of the whole
    horizon, if the backtest covers fewer steps. metrics: the content of evaluation.json; an unknown MASE is
    left out.
    """
    found = []
    if _untested(metrics):
        found.append(_remark(metrics, BACKTEST, "In the backtest, by values alone (not tested)"))
    if horizon > backtest_horizon:
        found.append(_remark(metrics, LONG, f"Over all {horizon} steps, in one forecast (not tested)"))
    return [remark for remark in found if remark]


def _untested(metrics: Mapping[str, Any]) -> bool:
    """Return whether no comparison with a baseline has a test."""
    against = metrics["against"].values()
    return bool(against) and all(difference.get("p_better") is None for difference in against)


def _remark(metrics: Mapping[str, Any], metric: str, where: str) -> str:
    ours = metrics["model"].get(metric, {}).get("value")
    if ours is None:
        return ""
    compared = list(_compared(metrics, metric, ours))
    against = f": {' and '.join(compared)}" if compared else ""
    return f"{where}, the model's MASE is {ours:.4g}{against}."


def _compared(metrics: Mapping[str, Any], metric: str, ours: float) -> Iterator[str]:
    for kind in ("trivial", "classical"):
        values = {
            name: scores[metric]["value"]
            for name, scores in metrics["baselines"].items()
            if metrics["baseline_kinds"][name] == kind and scores[metric]["value"] is not None
        }
        if values:
            best = min(values, key=lambda name: values[name])
            yield f"{_word(ours, values[best])} the best {kind} baseline, {best} ({values[best]:.4g})"


def _word(ours: float, theirs: float) -> str:
    return "better than" if ours < theirs else "worse than" if ours > theirs else "equal to"
