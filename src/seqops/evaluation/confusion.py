"""Plot of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import Plot


def plot_confusion(true: npt.ArrayLike, predicted: npt.ArrayLike, labels: Sequence[str], title: str) -> Plot:
    """Plot how often each true label (rows) got each predicted label; both are indices of `labels`: (n,)."""
    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, (np.asarray(true, np.int64), np.asarray(predicted, np.int64)), 1)
    table = pd.DataFrame(counts, columns=list(labels))
    table.insert(0, "true", list(labels))
    return Plot("confusion", title, "heatmap", table, "true", list(labels))
