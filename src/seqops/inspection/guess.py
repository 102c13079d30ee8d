"""What a task takes files for, and the settings that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CERTAIN, LIKELY, POSSIBLE, UNLIKELY = 0.95, 0.8, 0.5, 0.3
"""Degrees of confidence; guesses of two tasks that are nearly equal are for the user to decide, and
unlikely ones count only for a task that the user names."""


@dataclass(frozen=True)
class Guess:
    """What a task takes files for.

    values: settings by dotted keys below the task's section, without `source`; reasons: what shows it;
    doubts: what the user should check, because no file shows it.
    """

    confidence: float
    what: str
    reasons: tuple[str, ...]
    values: Mapping[str, Any]
    doubts: tuple[str, ...] = ()
