"""Tables and numbers in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table; empty where there is no row."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def number(value: float | None) -> str:
    """Write a number with four significant digits; None is an undefined one."""
    return "undefined" if value is None else f"{value:.4g}"


def bounds(score: Mapping[str, float | None]) -> str:
    """Write the interval of a score."""
    return f"[{number(score['low'])}, {number(score['high'])}]"
