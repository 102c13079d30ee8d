"""Texts of the report with their true and predicted spans marked, each with its label and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from seqops.preprocessing.iob2 import Span

TITLE = "Spans in the text: the first rows with an error, and without"
WITH_ERROR, WITHOUT_ERROR = 5, 3
"""Rows that are shown, of those with an error and of those without."""
MAX_CHARS = 400  # longer texts fill the page
TONES = 7
"""Colours of the page for labels; with more labels they are used again, as each span names its own."""


@dataclass(frozen=True)
class Mark:
    """The label of a span, the number of its colour, and how the other side differs; empty if it agrees."""

    label: str
    tone: int
    fault: str


@dataclass(frozen=True)
class MarkedText:
    """A text in parts, each with its mark, or None between spans."""

    parts: Sequence[tuple[str, Mark | None]]


def span_table(
    texts: Sequence[str],
    true: Sequence[Sequence[Span]],
    predicted: Sequence[Sequence[Span]],
    labels: Sequence[str],
) -> pd.DataFrame:
    """Show rows that have spans of characters, the truth above the prediction; no columns if none has any.

    labels: all that spans may have, in the order of their colours.
    """
    rows = [
        (text, gold, found)
        for text, gold, found in zip(texts, true, predicted, strict=True)
        if len(text) <= MAX_CHARS and (gold or found)
    ]
    wrong = [row for row in rows if set(row[1]) != set(row[2])][:WITH_ERROR]
    right = [row for row in rows if set(row[1]) == set(row[2])][:WITHOUT_ERROR]
    shown = [
        line
        for text, gold, found in [*wrong, *right]
        for line in (
            ("truth", _marked(text, gold, found, labels, "missed")),
            ("predicted", _marked(text, found, gold, labels, "not in the truth")),
        )
    ]
    return pd.DataFrame(shown, columns=["", "text"]) if shown else pd.DataFrame()


def _marked(
    text: str, spans: Sequence[Span], others: Sequence[Span], labels: Sequence[str], absent: str
) -> MarkedText:
    parts: list[tuple[str, Mark | None]] = []
    last = 0
    for start, end, label in sorted(spans):
        # two morphemes may share a syllable, which then belongs to the first span
        start = max(start, last)
        parts.append((text[last:start], None))
        mark = Mark(label, labels.index(label) % TONES, _fault((start, end, label), others, absent))
        parts.append((text[start:end], mark))
        last = max(last, end)
    return MarkedText([part for part in [*parts, (text[last:], None)] if part[0]])


def _fault(span: Span, others: Sequence[Span], absent: str) -> str:
    """Say how a span differs from those of the other side."""
    start, end, _ = span
    if span in others:
        return ""
    if types := [label for s, e, label in others if (s, e) == (start, end)]:
        return f"but {types[0]}"
    overlap = any(s < end and e > start for s, e, _ in others)
    return "other bounds" if overlap else absent
