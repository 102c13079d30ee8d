"""Entities and their errors, for a person to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from seqops.core.interfaces import Plot
from seqops.core.score import Score
from seqops.preprocessing.iob2 import Span

NOTHING = "none"


def bracketed(texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[str]:
    """Write each entity as `[surface TYPE]` in its text."""
    return [_bracketed(text, row) for text, row in zip(texts, spans, strict=True)]


def _bracketed(text: str, spans: Sequence[Span]) -> str:
    out, last = "", 0
    for start, end, kind in sorted(spans):
        out += f"{text[last:start]}[{text[start:end]} {kind}]"
        last = end
    return out + text[last:]


def confusion(found: Sequence[Sequence[Span]], true: Sequence[Sequence[Span]], types: Sequence[str]) -> Plot:
    """Count spans with the right borders by true and predicted type; `none`: missed, or spurious."""
    names = [*types, NOTHING]
    counts: Counter[tuple[str, str]] = Counter()
    for guesses, truths in zip(found, true, strict=True):
        guessed = {(s, e): kind for s, e, kind in guesses}
        wanted = {(s, e): kind for s, e, kind in truths}
        for borders in guessed.keys() | wanted.keys():
            counts[wanted.get(borders, NOTHING), guessed.get(borders, NOTHING)] += 1
    cells = {guess: [counts[truth, guess] for truth in names] for guess in names}
    table = pd.DataFrame({"true": names, **cells})
    return Plot("confusion", "Entities by true (rows) and predicted type", "heatmap", table, "true", names)


def by_type(scores: Mapping[str, Score], types: Sequence[str]) -> Plot:
    """Draw the F1 of each type, on the corpus's tokens and in the raw text."""
    columns = {
        name: [scores[f"{name}_{kind}"].point() for kind in types]
        for name in ("f1", "raw_f1")
        if f"{name}_{types[0]}" in scores
    }
    table = pd.DataFrame({"type": list(types), **columns})
    return Plot("by_type", "Strict F1 of each type", "bar", table, "type", list(columns))
