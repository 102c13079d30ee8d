"""The column that tells the series of a long table apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

MIN_ROWS = 3
"""Rows that a series has on average, at least."""
PART = re.compile(
    r"(?i:year|yyyy|quarter|month|mm|week|day|dd|hour|hh|minute|time|period)(_?(no|nr|of_(year|month|day)))?|"
    r"(?i:jahr|quartal|monat|woche|tag|stunde|uhrzeit|ann[ée]e|mois|jour|heure|a[ñn]o|mes|d[ií]a|hora)|"
    r"연도|년도?|분기|월|주|일|시간?|분|年|月|日|時"
)
"""What columns are called that hold a part of a date."""


def series_column(columns: Mapping[str, Sequence[str]], dates: Sequence[str]) -> str:
    """Return the first column that no two rows share with their date; empty if there is none.

    Most dates repeat in such a table, and the values of that column do. A part of the date is no series.
    """
    if not _repeat(dates):
        return ""
    for name, cells in columns.items():
        if PART.fullmatch(name.strip()):
            continue
        pairs = {*zip(cells, dates, strict=True)}
        if len(pairs) == len(dates) and MIN_ROWS * len({*cells}) <= len(pairs):
            return name
    return ""


def date_parts(columns: Mapping[str, Sequence[str]], dates: Sequence[str]) -> list[str]:
    """Return the columns that complete dates which repeat, as a month does years, or a time days."""
    if not _repeat(dates):
        return []
    parts = [name for name in columns if PART.fullmatch(name.strip())]
    return [name for name in parts if len({*zip(columns[name], dates, strict=True)}) > len({*dates})]


def series_pair(columns: Mapping[str, Sequence[str]], dates: Sequence[str]) -> tuple[str, ...]:
    """Return two columns that only together tell the series of a long table apart; empty if none do."""
    if not _repeat(dates):
        return ()
    few = [name for name, cells in columns.items() if MIN_ROWS * len({*cells}) <= len(cells)]
    for pair in combinations(few, 2):
        keys = [*zip(*(columns[name] for name in pair), strict=True)]
        unique = len({*zip(keys, dates, strict=True)}) == len(dates)
        if unique and MIN_ROWS * len({*keys}) <= len(keys):
            return pair
    return ()


def _repeat(dates: Sequence[str]) -> bool:
    return 2 * len({*dates}) <= len(dates)
