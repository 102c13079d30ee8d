"""Sequences as text and plots of their errors."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from seqops.core.ragged import Split
from seqops.core.records import Plot
from seqops.evaluation.confusion import plot_confusion
from seqops.tasks.labelling.data.reader import format_sequence
from seqops.tasks.labelling.evaluation.baselines import SEQUENCE_PARTS, sequence_part


def rows(split: Split) -> pd.DataFrame:
    """Format the numbers of each sequence and its true labels."""
    figures, labels = split.ragged("figures"), split.ragged("labels")
    return pd.DataFrame(
        {
            "input": [format_sequence(figures[i]) for i in range(len(split))],
            "truth": [spaced(labels[i]) for i in range(len(split))],
        }
    )


def spaced(labels: Iterable[int]) -> str:
    """Format labels, separated by blanks."""
    return " ".join(str(int(label)) for label in labels)


def plots(predicted: pd.DataFrame, truth: Split) -> list[Plot]:
    """Plot the accuracy by part of the sequence, and the confusion matrix of labels."""
    labels = truth.ragged("labels")
    guesses = np.concatenate([np.asarray(row, np.int64) for row in predicted["labels"]])
    correct = (guesses == labels.values).astype(np.float64)
    by_position = pd.DataFrame(
        {"place": 100 * (sequence_part(labels.lengths) + 1) // SEQUENCE_PARTS, "accuracy": correct}
    )
    table = by_position.groupby("place", as_index=False).mean()
    return [
        Plot("by_position", "Accuracy by the part of the sequence, %", "bar", table, "place", ["accuracy"]),
        plot_confusion(labels.values, guesses, ["0", "1"], "Steps by true (rows) and predicted label"),
    ]
