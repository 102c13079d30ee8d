"""Plot of the calibration of predicted probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import Plot
from seqops.metrics.calibration import BINS, confidence_bins


def reliability(confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_]) -> Plot:
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
