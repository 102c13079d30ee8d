"""Slices of texts; plots of calibration and accuracy by length."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import Plot
from seqops.evaluation.slices import count_words, slices_by_length
from seqops.metrics.calibration import BINS, confidence_bins

Mask = npt.NDArray[np.bool_]
LENGTHS = {
    "up to 10 words": (0, 10),
    "11 to 25 words": (11, 25),
    "26 to 100 words": (26, 100),
    "over 100 words": (101, math.inf),
}
NEGATION = re.compile(r"\b(?:not|no|never|nor|none|nobody|nothing|hardly|without|cannot|\w*n['’]t)\b", re.I)


def by_length(texts: Sequence[str]) -> dict[str, Mask]:
    """Return masks (n,) by the number of words."""
    return slices_by_length(count_words(texts), LENGTHS)


def negated(texts: Sequence[str]) -> Mask:
    """Return a mask of the texts with an English word of negation: (n,)."""
    return np.array([bool(NEGATION.search(text)) for text in texts], np.bool_)


def reliability(confidence: npt.NDArray[np.float64], correct: Mask) -> Plot:
    """Plot mean confidence and share of correct rows by confidence bin; empty bins are left out."""
    sums = confidence_bins(confidence, correct).reshape(-1, 3, BINS).sum(0)
    counts, confidences, hits = sums[:, sums[0] > 0]
    edges = np.flatnonzero(sums[0] > 0)
    table = pd.DataFrame(
        {
            "confidence": [f"{bin_ / BINS:.2f}-{(bin_ + 1) / BINS:.2f}" for bin_ in edges],
            "mean confidence": confidences / counts,
            "share right": hits / counts,
            "rows": counts.astype(np.int64),
        }
    )
    title = "Mean confidence and share of correct predictions (equal: calibrated)"
    return Plot("reliability", title, "bar", table, "confidence", ["mean confidence", "share right"])


def lengths(texts: Sequence[str], correct: Mask) -> Plot:
    """Plot the accuracy by the number of words."""
    masks = {name: mask for name, mask in by_length(texts).items() if mask.any()}
    table = pd.DataFrame(
        {"length": list(masks), "accuracy": [correct[mask].mean() for mask in masks.values()]}
    )
    return Plot("accuracy-by-length", "Accuracy by length of the text", "bar", table, "length", ["accuracy"])
