"""What is monitored for drift: features of the encoded rows, and the score of the predicted rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Dataset, DriftFeatures, Evaluation, Meta
from seqops.core.predictors import Predictor
from seqops.core.ragged import Split
from seqops.core.score import named
from seqops.drift.score_sample import ScoreSample
from seqops.preprocessing.splitting import SPLITS

MAX_SCORED_ROWS = 500
"""Largest number of new test rows that are predicted; they are evenly spaced."""


def features_of(
    evaluation: Evaluation, meta: Meta, table: pd.DataFrame, new: npt.NDArray[np.bool_]
) -> DriftFeatures:
    """Return the monitored features of the new rows; new: (n,).

    The whole table is needed, because rows of a series or a text depend on the rows before them.
    """
    return evaluation.drift_features(encoded(evaluation.data, table, new, "train", meta), meta)


def score_of(
    evaluation: Evaluation,
    predictor: Predictor,
    model: Any,
    meta: Meta,
    table: pd.DataFrame,
    new: npt.NDArray[np.bool_],
) -> ScoreSample | None:
    """Return the score of the new test rows of a table; None if there are none; new: (n,)."""
    data, metrics = evaluation.data, evaluation.metrics
    rows = new & (data.assign_splits(table) == "test")
    if not rows.any():
        return None
    truth = encoded(data, table, rows, "test", meta)
    sampled = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), MAX_SCORED_ROWS)).astype(np.int64))
    truth = truth.take(sampled)
    scores = metrics.score(predictor.predict(model, truth, meta), truth, meta)
    return ScoreSample.of(named(scores, metrics.goal.metric))


def encoded(data: Dataset, table: pd.DataFrame, rows: npt.NDArray[np.bool_], name: str, meta: Meta) -> Split:
    """Encode the selected rows of a table as one split; rows: (n,).

    `encode` returns all three splits and rejects an empty one, so the first row of the table is appended
    once for each of the two splits that are not needed.
    """
    others = [split for split in SPLITS if split != name]
    longer = pd.concat([table, table.iloc[:1], table.iloc[:1]], ignore_index=True)
    split = np.concatenate([np.where(rows, name, "unused"), others])
    return data.encode(longer, split, meta)[name]
