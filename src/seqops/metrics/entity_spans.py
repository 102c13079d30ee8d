"""Strict entity metrics: a span counts only if its type and both its boundaries are right.

Strict IOB2, as `seqeval` with `mode="strict", scheme=IOB2`, and as CoNLL-2003 scores entities.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

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

    The statistics of an example are its true positives, false positives and false negatives.
    """
    kinds = [_counts(predicted, true, {kind}) for kind in types]
    whole = _counts(predicted, true, set(types))
    what = "strict spans, micro-averaged"
    scores = [
        Score(f"{prefix}{name}", whole, of, higher_is_better=True, signature=what, limits=SHARE)
        for name, of in MEASURES.items()
    ]
    return scores + [
        Score(f"{prefix}f1_{kind}", counts, f1, True, f"strict spans of {kind}", limits=SHARE)
        for kind, counts in zip(types, kinds, strict=True)
    ]


def f1(sums: Floats) -> Floats:
    """Return 2tp / (2tp + fp + fn) of sums (..., 3); 0 if there is no true and no predicted span."""
    tp, fp, fn = np.moveaxis(sums, -1, 0)
    return divide(2 * tp, 2 * tp + fp + fn)


def precision(sums: Floats) -> Floats:
    """Return tp / (tp + fp) of sums (..., 3)."""
    return divide(sums[..., 0], sums[..., 0] + sums[..., 1])


def recall(sums: Floats) -> Floats:
    """Return tp / (tp + fn) of sums (..., 3)."""
    return divide(sums[..., 0], sums[..., 0] + sums[..., 2])


MEASURES: dict[str, Callable[[Floats], Floats]] = {"f1": f1, "precision": precision, "recall": recall}


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
