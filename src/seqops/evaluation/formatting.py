"""Markdown tables and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table; an empty string if there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def number(value: float | None) -> str:
    """Format a number with four significant digits; None is written `undefined`."""
    return "undefined" if value is None else f"{value:.4g}"


def bounds(score: Mapping[str, Any]) -> str:
    """Format the confidence interval of a score, or why there is none."""
    if score["low"] is None or score["high"] is None:
        return f"({score.get('reason') or 'no interval'})"
    return f"[{number(score['low'])}, {number(score['high'])}]"


def p_better(difference: Mapping[str, Any]) -> float | None:
    """Return the stored one-sided p-value that the model is better; former releases named it `p`."""
    p: float | None = difference["p_better"] if "p_better" in difference else difference["p"]
    return p


def estimate(score: Mapping[str, Any] | None) -> str:
    """Format a score with its interval, or with the reason why it has none."""
    if score is None or score["value"] is None:
        return "undefined"
    return f"{number(score['value'])} {bounds(score)}"
