"""The columns that a model of this task predicts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def predictions(probabilities: Sequence[list[float]]) -> pd.DataFrame:
    """Return `labels`, and `probabilities` of the label 1, for sequences of T steps."""
    labels = [[int(p > 0.5) for p in steps] for steps in probabilities]
    return pd.DataFrame({"labels": labels, "probabilities": list(probabilities)})
