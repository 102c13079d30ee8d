"""Strict entity metrics: a span counts only if its type and both its boundaries are right.

Strict IOB2, as `seqeval` with `mode="strict", scheme=IOB2`, and as CoNLL-2003 scores entities.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from seqops.core.score import SHARE, Score
from seqops.metrics.ratio import divide
from seqops.preprocessing.iob2 import Span

Floats = npt.NDArray[np.float64]


def span_scores(
    predicted: Sequence[Collection[Span]],
    true: Sequence[Collection[Span]],
    types: Sequence[str],
    prefix: str = "",
) -> list[Score]:
    """Score the spans of each example: micro F1, precision, recall, and the F1 of each type.

    The statistics of an example are its true positives, false positives and false negatives, as far as the
    score counts them.
    """
    kinds = [_counts(predicted, true, {kind}) for kind in types]
    whole = _counts(predicted, true, set(types))
    what = "strict spans, micro-averaged"
    measures = {
        "f1": (whole, f1),
        "precision": (whole[:, [0, 1]], hit_rate),
        "recall": (whole[:, [0, 2]], hit_rate),
    }
    scores = [
        Score(f"{prefix}{name}", counts, of, higher_is_better=True, signature=what, limits=SHARE)
        for name, (counts, of) in measures.items()
    ]
    return scores + [
        Score(f"{prefix}f1_{kind}", counts, f1, True, f"strict spans of {kind}", limits=SHARE)
        for kind, counts in zip(types, kinds, strict=True)
    ]


def f1(sums: Floats) -> Floats:
    """Return 2tp / (2tp + fp + fn) of sums (..., 3); 0 if there is no true and no predicted span."""
    tp, fp, fn = np.moveaxis(sums, -1, 0)
    return divide(2 * tp, 2 * tp + fp + fn)


def hit_rate(sums: Floats) -> Floats:
    """Return tp / (tp + f) of sums (..., 2): precision if f are false positives, else recall."""
    return divide(sums[..., 0], sums.sum(-1))


def _counts(
    predicted: Sequence[Collection[Span]], true: Sequence[Collection[Span]], types: set[str]
) -> Floats:
    rows = []
    for guesses, truths in zip(predicted, true, strict=True):
        guessed = {s for s in guesses if s[2] in types}
        expected = {s for s in truths if s[2] in types}
        hits = len(guessed & expected)
        rows.append((hits, len(guessed) - hits, len(expected) - hits))
    return np.array(rows, np.float64).reshape(-1, 3)
