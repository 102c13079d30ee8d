"""Tables of the report: numbers rounded, and what differs between a truth and a prediction marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import pandas as pd

from seqops.evaluation.formatting import number
from seqops.evaluation.marked_text import MarkedText

COMPARED = TRUTH, PREDICTED = "truth", "predicted"
"""The columns whose texts are compared."""
MAX_PAIRS = 5_000  # pairs of equal words in two texts; with more, aligning takes minutes

Cell: TypeAlias = Sequence[tuple[str, bool]]
"""A text in parts, each with whether it differs from the other column."""


def cells(table: pd.DataFrame) -> list[list[Cell | MarkedText]]:
    """Return the rows of a table."""
    return [_row(dict(zip(table.columns, row, strict=True))) for row in table.itertuples(index=False)]


def _row(values: dict[str, Any]) -> list[Cell | MarkedText]:
    shown = {name: _cell(value) for name, value in values.items()}
    if all(isinstance(values.get(name), str) for name in COMPARED):
        shown |= dict(zip(COMPARED, differences(values[TRUTH], values[PREDICTED]), strict=True))
    return list(shown.values())


def _cell(value: Any) -> Cell | MarkedText:
    if isinstance(value, MarkedText):
        return value
    return [(number(value) if isinstance(value, float) else str(value), False)]


def differences(one: str, other: str) -> tuple[Cell, Cell]:
    """Return two texts in parts, cut at the ends of words; the parts that the other lacks are marked.

    Words are compared place by place, as labels have to be, unless more are equal where texts are aligned.
    """
    left, right = (re.findall(r"\s*(?:\w+|[^\w\s])", text) for text in (one, other))
    pairs = enumerate(zip(left, right, strict=False))
    equal = [(i, i, 1) for i, (ours, theirs) in pairs if ours == theirs]
    counts = Counter(left)
    if sum(counts[word] for word in right) <= MAX_PAIRS:
        blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        if sum(block.size for block in blocks) > len(equal):
            equal = [(block.a, block.b, block.size) for block in blocks]
    return (
        _parts(left, [(start, size) for start, _, size in equal]),
        _parts(right, [(start, size) for _, start, size in equal]),
    )


def _parts(words: Sequence[str], equal: Sequence[tuple[int, int]]) -> Cell:
    """Join words to parts: those in the ranges `equal` (start, length), and those between, which differ."""
    differs = [True] * len(words)
    for start, length in equal:
        differs[start : start + length] = [False] * length
    runs = groupby(zip(words, differs, strict=True), key=itemgetter(1))
    return [("".join(word for word, _ in run), marked) for marked, run in runs]
