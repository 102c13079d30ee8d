"""The measured coverage of prediction intervals, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqops.evaluation.formatting import bounds

TOLERANCE = 5.0
"""Percentage points from the nominal coverage that are not worth a sentence if the score has no interval."""


def coverage_notes(metrics: Mapping[str, Any]) -> list[str]:
    """Say what share of the test values the intervals covered, wherever it is not what they promise.

    It is not where the 95 % interval of the coverage leaves the nominal one out; without such an interval,
    where they differ by more than `TOLERANCE`. metrics: the content of evaluation.json.
    """
    scores = {name: metrics["model"][name] for name in metrics.get("nominal", {})}
    return [
        f"The {metrics['nominal'][name]:g} % intervals covered {score['value']:.0f} % {bounds(score)} "
        f"of the test values ({name})."
        for name, score in scores.items()
        if _differs(score, metrics["nominal"][name])
    ]


def _differs(score: Mapping[str, Any], nominal: float) -> bool:
    if score["value"] is None:
        return False
    if score["low"] is None or score["high"] is None:
        return bool(abs(score["value"] - nominal) > TOLERANCE)
    return not score["low"] <= nominal <= score["high"]
