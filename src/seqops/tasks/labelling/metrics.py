"""Scores of labelled steps; a row is a sequence, so the bootstrap resamples whole sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Goal
from seqops.core.score import SHARE, Score, in_groups
from seqops.metrics.entity_spans import f1
from seqops.metrics.ratio import ratio


def all_of(predicted: pd.Series, truth: Ragged) -> list[Score]:
    """Score labels: accuracy of steps, F1 of the label 1, and exact match of sequences.

    Statistics per sequence: correct steps and steps; true positives, false positives and false negatives;
    whether all steps are correct, and 1.
    """
    guesses = [np.asarray(row, np.int64) for row in predicted]
    pairs = [(guess, np.asarray(truth[i], np.int64)) for i, guess in enumerate(guesses)]
    steps = np.array([((g == t).sum(), len(t)) for g, t in pairs], np.float64)
    ones = np.array([((g & t).sum(), (g & ~t & 1).sum(), (~g & t & 1).sum()) for g, t in pairs], np.float64)
    exact = np.stack([steps[:, 0] == steps[:, 1], np.ones(len(pairs))], axis=1).astype(np.float64)
    return [
        Score("accuracy", steps, ratio, True, "share of steps labelled right", limits=SHARE),
        Score("f1", ones, f1, True, "F1 of the label 1 over all steps", limits=SHARE),
        Score("exact", exact, ratio, True, "share of sequences with every step right", limits=SHARE),
    ]


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """How labelled steps are scored."""

    goal: ClassVar[Goal] = Goal("accuracy", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Return accuracy, F1 of the label 1 and exact match."""
        return in_groups(all_of(predicted["labels"], truth.ragged("labels")), truth)
