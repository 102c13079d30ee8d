"""The champion's reference, made where its bundle is logged, and new rows held against it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.arrays import Array, Ragged, Split
from seqops.blocks import registry
from seqops.blocks.drift import Drift, Reference, measure, reference
from seqops.blocks.evaluation import named
from seqops.blocks.thresholds import Thresholds
from seqops.blocks.track import answering
from seqops.contract import Data, Meta, Score, SeqopsError, Task, Watched
from seqops.store import Folder, read_json, read_table

SPLITS = ("train", "validation", "test")
SCORED = 500
"""New test rows that the champion predicts at most, evenly through them all."""


class Unmeasured(SeqopsError):
    """New rows cannot be held against the champion."""


def reference_of(data: Data, folder: Folder) -> Reference:
    """Describe what is watched of the training rows, and how well each test row was predicted."""
    splits, meta = folder.encoded()
    scores = data.score(read_table(folder.predictions), splits["test"], meta)
    return reference({**data.watched(splits["train"], meta), **_scored(named(scores, data.goal.metric))})


def against_champion(
    task: Task,
    client: mlflow.MlflowClient,
    table: pd.DataFrame,
    new: npt.NDArray[np.bool_],
    thresholds: Thresholds,
) -> Drift | None:
    """Hold the new rows of a table against the rows that the champion was trained on.

    new: (n,), the rows to measure. The whole table is given, because in a series or a text a row means
    something only after those before it. They are encoded as training rows by the champion's own code and
    meta, and so are those among them that it would test on, whose scores are compared with its own.
    Returns None where there is no champion, or one that was registered without a reference. Raises
    Unmeasured where its bundle is lost or altered, or does not fit the rows.
    """
    name = task.data.registered_name
    with answering():
        number = registry.holder(client, name, registry.CHAMPION)
    if number is None or (kept := _kept(f"models:/{name}/{number}")) is None:
        return None
    if not new.any():
        return measure(kept, {}, thresholds)
    try:
        bundle = registry.load(client, registry.version(client, name, number)).unwrap_python_model()
        watched = bundle.data.watched(encoded(bundle.data, table, new, "train", bundle.meta), bundle.meta)
        return measure(kept, {**watched, **_rescored(bundle, table, new)}, thresholds)
    except Exception as error:
        # what a former bundle can raise is anything
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise Unmeasured(f"version {number} of {name}: {reason.rstrip('.')}.") from error


def encoded(data: Data, table: pd.DataFrame, rows: npt.NDArray[np.bool_], name: str, meta: Meta) -> Split:
    """Encode some rows of a table as those of one split.

    `apply` owes all three splits, and refuses one without rows: the first row of the table stands, behind
    its end, for each of the two that nobody asks for.
    """
    others = [split for split in SPLITS if split != name]
    longer = pd.concat([table, table.iloc[:1], table.iloc[:1]], ignore_index=True)
    split = np.concatenate([np.where(rows, name, "unused"), others])
    return data.apply(longer, split, meta)[name]


def _rescored(bundle: Any, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> Watched:
    """Let the champion predict new rows that it would have tested on, and score each."""
    rows = new & (bundle.data.assign(table) == "test")
    if not rows.any():
        return {}
    truth = encoded(bundle.data, table, rows, "test", bundle.meta)
    places = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), SCORED)).astype(np.int64))
    truth = truth.take(places)
    predicted = bundle.network.predict(bundle.model, truth, bundle.meta)
    return _scored(named(bundle.data.score(predicted, truth, bundle.meta), bundle.data.goal.metric))


def _scored(score: Score) -> Mapping[str, Ragged | Array]:
    """Watch the score of each row; rows whose errors hang together stand together."""
    each = np.asarray(score.each(), np.float64)
    known = np.isfinite(each)
    blocks = np.arange(len(each))[known] // score.block
    if score.block == 1:
        return {f"score ({score.name})": each[known]}
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    return {f"score ({score.name})": Ragged(each[known], np.append(starts, len(blocks)))}


def _kept(uri: str) -> Reference | None:
    """Read the reference in a bundle; None where it was registered without one."""
    with answering(), tempfile.TemporaryDirectory() as scratch:
        artifacts = mlflow.artifacts.list_artifacts(f"{uri}/artifacts")
        if not any(file.path.endswith("reference.json") for file in artifacts):
            return None
        path = mlflow.artifacts.download_artifacts(f"{uri}/artifacts/reference.json", dst_path=scratch)
        found: Reference = read_json(Path(path))
    return found
