"""Entities as text and plots of their errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from seqops.core.records import Plot
from seqops.core.score import Score
from seqops.evaluation.confusion import plot_confusion
from seqops.preprocessing.iob2 import Span

NO_ENTITY = "none"


def bracketed(texts: Iterable[str], spans: Sequence[Sequence[Span]]) -> list[str]:
    """Mark each entity as `[surface TYPE]` in its text."""
    return [_bracketed(text, row) for text, row in zip(texts, spans, strict=True)]


def _bracketed(text: str, spans: Sequence[Span]) -> str:
    out, last = "", 0
    for start, end, kind in sorted(spans):
        out += f"{text[last:start]}[{text[start:end]} {kind}]"
        last = end
    return out + text[last:]


def confusion(found: Sequence[Sequence[Span]], true: Sequence[Sequence[Span]], types: Sequence[str]) -> Plot:
    """Count spans with correct boundaries by true and predicted type; `none`: missed, or spurious."""
    names = [*types, NO_ENTITY]
    index = {name: i for i, name in enumerate(names)}
    pairs: list[tuple[int, int]] = []
    for found_row, true_row in zip(found, true, strict=True):
        predicted = {(s, e): kind for s, e, kind in found_row}
        gold = {(s, e): kind for s, e, kind in true_row}
        pairs += [
            (index[gold.get(span, NO_ENTITY)], index[predicted.get(span, NO_ENTITY)])
            for span in predicted.keys() | gold.keys()
        ]
    true_types, predicted_types = np.array(pairs, np.int64).reshape(-1, 2).T
    return plot_confusion(true_types, predicted_types, names, "Entities by true (rows) and predicted type")


def by_type(scores: Mapping[str, Score], types: Sequence[str]) -> Plot:
    """Plot the F1 of each type, on corpus tokens and in raw text."""
    columns = {
        name: [scores[f"{name}_{kind}"].point() for kind in types]
        for name in ("f1", "raw_f1")
        if f"{name}_{types[0]}" in scores
    }
    table = pd.DataFrame({"type": list(types), **columns})
    return Plot("by_type", "Strict F1 of each type", "bar", table, "type", list(columns))
