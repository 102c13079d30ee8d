"""The column that tells the series of a long table apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MIN_ROWS = 3
"""Rows that a series has on average, at least."""


def series_column(columns: Mapping[str, Sequence[str]], dates: Sequence[str]) -> str:
    """Return the first column that no two rows share with their date; empty if there is none.

    Most dates repeat in such a table, and the values of that column do.
    """
    if 2 * len({*dates}) > len(dates):
        return ""
    for name, cells in columns.items():
        pairs = {*zip(cells, dates, strict=True)}
        if len(pairs) == len(dates) and MIN_ROWS * len({*cells}) <= len(pairs):
            return name
    return ""
