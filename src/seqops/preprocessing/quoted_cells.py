"""Quotes around cells between tabs: those of a CSV writer, not those of the texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTED = re.compile(r'"(?:[^"]|"")*"')
MIN_ROWS = 3
"""Rows from which a column whose cells are all quoted is one that a writer quoted."""


def unquoted(rows: Sequence[list[str]]) -> list[list[str]]:
    """Remove the quotes of cells, if they are those of a CSV writer and not of the texts.

    They are if each cell that begins with one is quoted correctly, and the first row, a column or a quote in
    a cell is.
    """
    quoted = [cell for cells in rows for cell in cells if cell.startswith('"')]
    if not quoted or not all(map(QUOTED.fullmatch, quoted)):
        return list(rows)
    sure = any('""' in cell[1:-1] for cell in quoted) or all(cell.startswith('"') for cell in rows[0])
    if not sure and not _has_quoted_column(rows):
        return list(rows)
    return [[cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in row] for row in rows]


def _has_quoted_column(rows: Sequence[list[str]]) -> bool:
    """Return whether all cells of a column begin with a quote, those of a header aside."""
    body = rows[1:]
    width = min(map(len, body), default=0)
    return len(rows) >= MIN_ROWS and any(all(row[at].startswith('"') for row in body) for at in range(width))
