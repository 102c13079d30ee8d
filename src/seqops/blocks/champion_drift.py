"""The champion's reference, made where its bundle is logged, and new rows compared with it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.blocks import registry
from seqops.blocks.drift import Drift, Reference, measure, reference
from seqops.blocks.drift_features import scored
from seqops.blocks.evaluation import named
from seqops.blocks.thresholds import Thresholds
from seqops.blocks.track import answering
from seqops.blocks.version_process import running
from seqops.contract import Data, SeqopsError, Task
from seqops.store import Folder, read_json, read_table


class Unmeasured(SeqopsError):
    """New rows cannot be compared with the champion."""


def reference_of(data: Data, folder: Folder) -> Reference:
    """Describe what is watched of the training rows, and how well each test row was predicted."""
    splits, meta = folder.encoded()
    scores = data.score(read_table(folder.predictions), splits["test"], meta)
    return reference({**data.watched(splits["train"], meta), **scored(named(scores, data.goal.metric))})


def against_champion(
    task: Task,
    client: mlflow.MlflowClient,
    table: pd.DataFrame,
    new: npt.NDArray[np.bool_],
    thresholds: Thresholds,
) -> Drift | None:
    """Compare the new rows of a table with the rows that the champion was trained on.

    new: (n,), the rows to measure; the whole table is given. The champion encodes and predicts them in its
    own process, by its own code. Returns None where there is no champion, or one that was registered without
    a reference. Raises Unmeasured where its bundle is lost or altered, cannot run here, or does not fit the
    rows.
    """
    name = task.data.registered_name
    with answering():
        number = registry.holder(client, name, registry.CHAMPION)
    if number is None or (kept := _kept(f"models:/{name}/{number}")) is None:
        return None
    if not new.any():
        return measure(kept, {}, thresholds)
    champion = registry.version(client, name, number)
    try:
        with running(client, champion) as process:
            return measure(kept, process.drift_features(table, new), thresholds)
    except Exception as error:
        # what a former bundle can raise is anything
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise Unmeasured(f"version {number} of {name}: {reason.rstrip('.')}.") from error


def _kept(uri: str) -> Reference | None:
    """Read the reference in a bundle; None where it was registered without one."""
    with answering(), tempfile.TemporaryDirectory() as scratch:
        artifacts = mlflow.artifacts.list_artifacts(f"{uri}/artifacts")
        if not any(file.path.endswith("reference.json") for file in artifacts):
            return None
        path = mlflow.artifacts.download_artifacts(f"{uri}/artifacts/reference.json", dst_path=scratch)
        found: Reference = read_json(Path(path))
    return found
