"""Sequences and their errors, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from seqops.core.interfaces import Plot
from seqops.core.ragged import Split
from seqops.tasks.labelling.data.reader import written
from seqops.tasks.labelling.evaluation.baselines import SEQUENCE_PARTS, sequence_part


def examples(predicted: pd.DataFrame, truth: Split) -> pd.DataFrame:
    """Write the numbers of each sequence, its labels, and those given to it."""
    figures, labels = truth.ragged("figures"), truth.ragged("labels")
    return pd.DataFrame(
        {
            "input": [written(figures[i]) for i in range(len(truth))],
            "truth": [_spaced(labels[i]) for i in range(len(truth))],
            "predicted": [_spaced(row) for row in predicted["labels"]],
        }
    )


def _spaced(labels: Iterable[int]) -> str:
    return " ".join(str(int(label)) for label in labels)


def plots(predicted: pd.DataFrame, truth: Split) -> list[Plot]:
    """Draw the accuracy by place in the sequence, and the confusion of labels."""
    labels = truth.ragged("labels")
    guesses = np.concatenate([np.asarray(row, np.int64) for row in predicted["labels"]])
    right = (guesses == labels.values).astype(np.float64)
    by_place = pd.DataFrame(
        {"place": 100 * (sequence_part(labels.lengths) + 1) // SEQUENCE_PARTS, "accuracy": right}
    )
    table = by_place.groupby("place", as_index=False).mean()
    cells = {str(g): [int(((guesses == g) & (labels.values == t)).sum()) for t in (0, 1)] for g in (0, 1)}
    confusion = pd.DataFrame({"true": ["0", "1"], **cells})
    return [
        Plot("by_place", "Accuracy by the part of the sequence, %", "bar", table, "place", ["accuracy"]),
        Plot(
            "confusion", "Steps by true (rows) and predicted label", "heatmap", confusion, "true", ["0", "1"]
        ),
    ]
