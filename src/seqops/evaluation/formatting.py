"""Markdown tables and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table; an empty string if there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def number(value: float | None) -> str:
    """Format a number with four significant digits; None is written `undefined`."""
    return "undefined" if value is None else f"{value:.4g}"


def bounds(score: Mapping[str, float | None]) -> str:
    """Format the confidence interval of a score."""
    return f"[{number(score['low'])}, {number(score['high'])}]"
