"""Number of independent units behind a score, and whether there are enough for an interval."""

from __future__ import annotations

from seqops.core.score import Score

MIN_UNITS = 20
"""Fewest independent units of which an interval is printed."""
MIN_BLOCKS = 10
"""Fewest blocks of dependent units of which an interval is printed."""


def independent(score: Score, units: int) -> int:
    """Return the number of units that do not depend on each other: whole blocks of them."""
    return units // score.block


def too_few(score: Score, units: int) -> str:
    """Say why there is no interval of that many units; an empty string if there is one."""
    number = independent(score, units)
    if score.block > 1 and number < MIN_BLOCKS:
        return f"too few {score.unit}s for an interval: {number} independent"
    if units < MIN_UNITS:
        if score.unit == "row":
            return f"n = {units}"
        plural = "s" if units != 1 and score.unit != "series" else ""
        return f"n = {units} {score.unit}{plural}"
    return ""
