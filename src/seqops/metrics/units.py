"""Number of independent units behind a score, and whether there are enough for an interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score

MIN_UNITS = 20
"""Fewest independent units of which an interval is printed."""
MIN_BLOCKS = 10
"""Fewest blocks of dependent units of which an interval is printed."""


def independent(score: Score, units: int) -> int:
    """Return the number of units that do not depend on each other: whole blocks of them."""
    return units // score.block


def counting(units: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which units (units, k) say anything about a score: those with a statistic that is not 0.

    A sentence without a true or a predicted entity, for example, could not have changed the F1.
    """
    return np.asarray(units.any(axis=1))


def too_few(score: Score, units: npt.NDArray[np.float64]) -> str:
    """Say why there is no interval of units (units, k); an empty string if there is one."""
    total, count = len(units), int(counting(units).sum())
    number = independent(score, count)
    if score.block > 1 and number < MIN_BLOCKS:
        return f"too few {score.unit}s for an interval: {number} independent"
    if count >= MIN_UNITS:
        return ""
    if count == total and score.unit == "row":
        return f"n = {total}"
    plural = "s" if total != 1 and score.unit != "series" else ""
    return f"n = {count}{'' if count == total else f' of {total}'} {score.unit}{plural}"
