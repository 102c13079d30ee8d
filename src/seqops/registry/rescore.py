"""Scores of versions on the current test rows, from stored predictions or by running their bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from seqops.core.arrays_io import read_table
from seqops.core.errors import SeqopsError
from seqops.core.files import sha256_of
from seqops.core.interfaces import Meta, Task
from seqops.core.project import TaskPaths
from seqops.core.ragged import Split
from seqops.core.score import Score, named
from seqops.evaluation.evaluate import BootstrapConfig
from seqops.preprocessing.row_keys import fitted_keys, with_known_key
from seqops.registry import versions
from seqops.registry.promotion_rule import Comparison, compare_scores
from seqops.registry.seen_rows import seen_rows
from seqops.registry.tags import tags_of
from seqops.registry.version_process import running
from seqops.tracking.connection import translate_store_errors

PREDICTIONS = "seqops.predictions_sha256"


class CannotScoreError(SeqopsError):
    """A version cannot be scored on the current test rows."""


@dataclass(frozen=True)
class HeldOutSet:
    """The current test rows of a task, on which all versions are compared."""

    task: Task
    paths: TaskPaths
    data_sha256: str
    truth: Split
    meta: Meta

    @classmethod
    def load(cls, task: Task, paths: TaskPaths, data_sha256: str) -> HeldOutSet:
        """Load the output of preprocess. Raises DataError if it has not run."""
        splits, meta = paths.encoded()
        return cls(task, paths, data_sha256, splits["test"], meta)

    def score(self, predicted: pd.DataFrame) -> Score:
        """Score predictions by the goal metric. Raises CannotScoreError if the number of rows differs."""
        if len(predicted) != len(self.truth):
            raise CannotScoreError(f"it predicts {len(predicted)} rows, expected {len(self.truth)}")
        metrics = self.task.metrics()
        return named(metrics.score(predicted, self.truth, self.meta), metrics.goal.metric)

    def masks(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Return the slices of the rows by name: masks (n,)."""
        return self.task.evaluation().slices(self.truth, self.meta)

    def unseen(self, version: ModelVersion) -> npt.NDArray[np.bool_]:
        """Mask the rows that a version was neither fitted nor chosen on: (n,)."""
        if self.matches_data(version):
            splits, _ = self.paths.encoded()
            return ~with_known_key(self.truth, fitted_keys(splits))
        return ~seen_rows(self.truth, version)

    def matches_data(self, version: ModelVersion) -> bool:
        """Return whether a version was trained on the current data."""
        return bool(tags_of(version).get(versions.DATA) == self.data_sha256)


@dataclass(frozen=True)
class GoalScore:
    """A version's score of the current test rows; unseen: (n,) those it was neither fitted nor chosen on."""

    score: Score
    unseen: npt.NDArray[np.bool_]


def compare_unseen(
    ours: GoalScore,
    theirs: GoalScore,
    masks: Mapping[str, npt.NDArray[np.bool_]],
    bootstrap: BootstrapConfig,
) -> Comparison:
    """Compare two versions on the test rows that neither was trained on; masks: slices (n,).

    Raises CannotScoreError if there is no such row.
    """
    unseen = ours.unseen & theirs.unseen
    if not unseen.any():
        raise CannotScoreError("there is no current test row that neither of the two was trained on")
    return compare_scores(ours.score, theirs.score, masks, bootstrap, unseen)


def goal_score(client: mlflow.MlflowClient, test_set: HeldOutSet, version: ModelVersion) -> GoalScore:
    """Score a version on the current rows; a version trained on other data predicts them from its bundle.

    Raises CannotScoreError if its bundle is lost or altered, cannot run here, does not fit the current rows,
    or does not tell which of them it was trained on.
    """
    try:
        stored = _stored(client, version) if test_set.matches_data(version) else None
        score = test_set.score(_predict(client, test_set, version) if stored is None else stored)
        unseen = test_set.unseen(version)
        if not unseen.any():
            raise CannotScoreError("it was trained on every current test row")
        return GoalScore(score, unseen)
    except Exception as error:
        # an old bundle can raise anything; but a store that does not answer is not the fault of the bundle
        with translate_store_errors():
            client.get_model_version(version.name, version.version)
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        reason = reason.removeprefix(f"version {version.version} of {version.name} ")
        raise CannotScoreError(f"version {version.version}: {reason.rstrip('.')}") from error


def _stored(client: mlflow.MlflowClient, version: ModelVersion) -> pd.DataFrame | None:
    """Read the stored predictions of a version; None if they are missing or not those that were published."""
    name = "predictions.parquet"
    try:
        kept = [file.path for file in client.list_artifacts(version.run_id)]
    except MlflowException as error:
        if error.error_code != versions.MISSING:
            raise
        return None
    if name not in kept:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(client.download_artifacts(version.run_id, name, scratch))
        return read_table(path) if sha256_of(path) == tags_of(version).get(PREDICTIONS) else None


def _predict(client: mlflow.MlflowClient, test_set: HeldOutSet, version: ModelVersion) -> pd.DataFrame:
    split = test_set.task.data.assign_splits(read_table(test_set.paths.table))
    with running(client, version) as process:
        return process.predict_split(test_set.paths.table, split)
