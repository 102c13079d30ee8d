"""What is watched of rows for drift: features of encoded rows, and how well a model predicts them."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Dataset, DriftFeatures, Evaluation, Meta, Network
from seqops.core.ragged import Array, Ragged, Split
from seqops.core.score import Score

SPLITS = ("train", "validation", "test")
SCORED = 500
"""New test rows that a model predicts at most, evenly through them all."""


def features_of(
    evaluation: Evaluation,
    network: Network,
    model: keras.Model,
    meta: Meta,
    table: pd.DataFrame,
    new: npt.NDArray[np.bool_],
) -> DriftFeatures:
    """Return what is watched of the new rows of a table, and the scores of those for testing; new: (n,).

    The whole table is given, because in a series or a text a row means something only after those before it.
    """
    data, metrics = evaluation.data, evaluation.metrics
    watched = evaluation.drift_features(encoded(data, table, new, "train", meta), meta)
    rows = new & (data.assign_splits(table) == "test")
    if not rows.any():
        return watched
    truth = encoded(data, table, rows, "test", meta)
    places = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), SCORED)).astype(np.int64))
    truth = truth.take(places)
    scores = metrics.score(network.predict(model, truth, meta), truth, meta)
    return {**watched, **scored(next(s for s in scores if s.name == metrics.goal.metric))}


def encoded(data: Dataset, table: pd.DataFrame, rows: npt.NDArray[np.bool_], name: str, meta: Meta) -> Split:
    """Encode some rows of a table as those of one split.

    `encode` owes all three splits, and refuses one without rows: the first row of the table stands, behind
    its end, for each of the two that nobody asks for.
    """
    others = [split for split in SPLITS if split != name]
    longer = pd.concat([table, table.iloc[:1], table.iloc[:1]], ignore_index=True)
    split = np.concatenate([np.where(rows, name, "unused"), others])
    return data.encode(longer, split, meta)[name]


def scored(score: Score) -> Mapping[str, Ragged | Array]:
    """Watch the score of each row; rows whose errors are dependent stand together."""
    each = np.asarray(score.each(), np.float64)
    known = np.isfinite(each)
    blocks = np.arange(len(each))[known] // score.block
    if score.block == 1:
        return {f"score ({score.name})": each[known]}
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    return {f"score ({score.name})": Ragged(each[known], np.append(starts, len(blocks)))}
