"""Slices of texts, and a plot of accuracy by length."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import Plot
from seqops.evaluation.slices import count_words, slices_by_length

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


def lengths(texts: Sequence[str], correct: Mask) -> Plot:
    """Plot the accuracy by the number of words."""
    masks = {name: mask for name, mask in by_length(texts).items() if mask.any()}
    table = pd.DataFrame(
        {"length": list(masks), "accuracy": [correct[mask].mean() for mask in masks.values()]}
    )
    return Plot("accuracy-by-length", "Accuracy by length of the text", "bar", table, "length", ["accuracy"])
