"""The measured coverage of prediction intervals, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAME = re.compile(r"(?P<scope>\w+_)?coverage(?P<level>\d+)")
TOLERANCE = 5.0
"""Percentage points between the nominal and the measured coverage that are not worth a sentence."""


def coverage_notes(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say what share of the test values the intervals covered, wherever it is not what they promise.

    scores: of the model, by name; `coverage80` or `backtest_coverage80` is a percentage.
    """
    notes = []
    for name, score in scores.items():
        found, measured = NAME.fullmatch(name), score["value"]
        if found and measured is not None and abs(measured - float(found["level"])) > TOLERANCE:
            notes.append(
                f"The {found['level']} % intervals covered {measured:.0f} % of the test values ({name})."
            )
    return notes
