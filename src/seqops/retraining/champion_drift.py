"""Drift of new rows from the rows that the champion was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import SeqopsError
from seqops.core.files import read_json
from seqops.core.interfaces import Task
from seqops.core.settings import DriftSettings
from seqops.drift.detect import DriftReport, Reference, measure_drift
from seqops.registry import versions
from seqops.registry.names import registered_name
from seqops.registry.version_process import running
from seqops.tracking.connection import translate_store_errors


class CannotMeasureDriftError(SeqopsError):
    """New rows cannot be compared with the champion."""


def drift_from_champion(
    task: Task,
    client: mlflow.MlflowClient,
    table: pd.DataFrame,
    new: npt.NDArray[np.bool_],
    thresholds: DriftSettings,
) -> DriftReport | None:
    """Compare the new rows of a table with the rows that the champion was trained on.

    table: all rows; new: (n,), which of them to measure. The champion encodes and predicts them in its own
    process, with its own code. Returns None if there is no champion, or if it was registered without a
    reference. Raises CannotMeasureDriftError if its bundle is lost or altered, cannot run here, or cannot
    encode the rows.
    """
    name = registered_name(task)
    with translate_store_errors():
        number = versions.get_alias(client, name, versions.CHAMPION)
    if number is None or (reference := _reference(f"models:/{name}/{number}")) is None:
        return None
    goal = task.metrics().goal
    if not new.any():
        return measure_drift(reference, {}, thresholds, goal)
    champion = versions.version(client, name, number)
    try:
        with running(client, champion) as process:
            features, score = process.drift_features(table, new), process.drift_score(table, new)
            return measure_drift(reference, features, thresholds, goal, score)
    except Exception as error:
        # the code of an old bundle can raise anything
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        reason = reason.removeprefix(f"version {number} of {name} ")
        raise CannotMeasureDriftError(f"version {number} of {name}: {reason.rstrip('.')}.") from error


def _reference(uri: str) -> Reference | None:
    """Read the reference in a bundle; None if it was registered without one."""
    with translate_store_errors(), tempfile.TemporaryDirectory() as scratch:
        artifacts = mlflow.artifacts.list_artifacts(f"{uri}/artifacts")
        if not any(file.path.endswith("reference.json") for file in artifacts):
            return None
        path = mlflow.artifacts.download_artifacts(f"{uri}/artifacts/reference.json", dst_path=scratch)
        found: Reference = read_json(Path(path))
    return found
