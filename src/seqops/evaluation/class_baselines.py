"""Baselines of classification that look at the labels of the training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import Baseline
from seqops.metrics.class_predictions import Floats, predictions

Labels = npt.NDArray[np.integer]


def trivial(labels: Labels, rows: int, classes: int, seed: int) -> list[Baseline]:
    """Predict the usual label, and labels drawn by their shares; labels: of the training rows (n,)."""
    return [
        Baseline("usual label", "trivial", majority(labels, rows, classes)),
        Baseline("drawn label", "trivial", prior(labels, rows, classes, seed)),
    ]


def majority(labels: Labels, rows: int, classes: int) -> pd.DataFrame:
    """Predict the most frequent class for every row, with the class shares as probabilities."""
    return predictions(np.tile(shares_of(labels, classes), (rows, 1)))


def prior(labels: Labels, rows: int, classes: int, seed: int) -> pd.DataFrame:
    """Draw each row's class at random by the class shares."""
    shares = shares_of(labels, classes)
    drawn = np.random.default_rng(seed).choice(classes, rows, p=shares)
    return predictions(np.tile(shares, (rows, 1)), drawn)


def shares_of(labels: Labels, classes: int) -> Floats:
    """Return the share of each class among labels (n,): (K,)."""
    counts = np.bincount(labels, minlength=classes)
    shares: Floats = counts / counts.sum()
    return shares
