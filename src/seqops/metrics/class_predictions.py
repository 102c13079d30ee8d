"""The columns of predicted classes and their probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Split

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


def predictions(probabilities: Floats, labels: Ids | None = None) -> pd.DataFrame:
    """Return probabilities (n, K) and labels, by default the most likely, as the columns of predictions."""
    indices = probabilities.argmax(1) if labels is None else labels
    return pd.DataFrame({"label": indices.astype(np.int64), "probabilities": probabilities.tolist()})


def probabilities_of(predicted: pd.DataFrame, classes: int) -> Floats:
    """Return the predicted probabilities: (n, K)."""
    cells = [np.asarray(row, np.float64) for row in predicted["probabilities"]]
    return np.array(cells, np.float64).reshape(-1, classes)


def labels_of(predicted: pd.DataFrame, truth: Split) -> tuple[Ids, Ids]:
    """Return the true labels and the predicted ones: (n,) each."""
    labels = np.asarray(truth.plain("label"), np.int64)
    return labels, predicted["label"].to_numpy(np.int64)


def confidence_of(predicted: pd.DataFrame, classes: int) -> Floats:
    """Return the probability of each predicted label: (n,)."""
    rows = np.arange(len(predicted))
    values = probabilities_of(predicted, classes)[rows, predicted["label"].to_numpy(np.int64)]
    return np.asarray(values, np.float64)
