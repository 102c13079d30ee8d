"""Comparison of versions: scores, difference from the champion, params and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.renamed_keys import with_new_keys
from seqops.evaluation.evaluate import BootstrapConfig
from seqops.registry import versions
from seqops.registry.promotion_rule import format_difference
from seqops.registry.rescore import (
    CannotScoreError,
    GoalScore,
    HeldOutSet,
    compare_unseen,
    goal_score,
)
from seqops.registry.tags import BETTER_BASELINE, ROWS, SOURCE, tags_of
from seqops.tracking.connection import translate_store_errors
from seqops.tracking.mlflow_runs import AlteredScoresError, read_run_scores


@dataclass(frozen=True)
class VersionSummary:
    """One version in the comparison.

    aliases: the aliases that point to it; metrics: those it was published with, or why there are none;
    test_rows: the number and a digest of the rows that these were measured on;
    difference: its formatted difference from the champion on the current test rows, or why it is missing;
    better_baseline: the line that a classical method is better than it, empty if none is; provenance: the
    params and the data of its training.
    """

    version: str
    aliases: Sequence[str]
    metrics: Mapping[str, Any] | Literal["missing", "altered"]
    test_rows: str
    difference: str
    better_baseline: str
    provenance: Mapping[str, str]


def compare_versions(
    client: mlflow.MlflowClient, name: str, last: int, test_set: HeldOutSet | None, bootstrap: BootstrapConfig
) -> list[VersionSummary]:
    """Summarize the champion, the challenger and the last few versions, newest first.

    test_set: None if the current test rows are not on disk. Raises SeqopsError if no version is registered.
    """
    registered = versions.versions(client, name)
    if not registered:
        raise SeqopsError(
            f"no version of {name} is registered. Run `dvc repro`, or, if that is up to date, "
            "`seqops publish TASK`."
        )
    with translate_store_errors():
        aliases = (versions.CHAMPION, versions.CHALLENGER)
        holders = {alias: versions.get_alias(client, name, alias) for alias in aliases}
    shown = [v for i, v in enumerate(registered) if i < last or str(v.version) in holders.values()]
    champion = next((v for v in registered if str(v.version) == holders[versions.CHAMPION]), None)
    test_rows = _test_rows(registered)
    differences = _differences(client, shown, champion, test_set, bootstrap)
    return [
        VersionSummary(
            number := str(version.version),
            [alias for alias, holder in holders.items() if holder == number],
            _scores(client, version),
            test_rows[number],
            differences[number],
            tags_of(version).get(BETTER_BASELINE, ""),
            _provenance(client, version),
        )
        for version in shown
    ]


def differing(summaries: Sequence[VersionSummary]) -> dict[str, list[str]]:
    """Return the provenance keys whose values differ: key -> the value of each version."""
    keys = sorted({key for summary in summaries for key in summary.provenance})
    rows = {key: [summary.provenance.get(key, "") for summary in summaries] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}


def _scores(
    client: mlflow.MlflowClient, version: ModelVersion
) -> Mapping[str, Any] | Literal["missing", "altered"]:
    try:
        return read_run_scores(client, version.run_id) or "missing"
    except AlteredScoresError:
        return "altered"


def _test_rows(registered: Sequence[ModelVersion]) -> dict[str, str]:
    """Name the test rows of each version: those of a former release by versions of the same data, if any."""
    tags = {str(version.version): tags_of(version) for version in registered}
    known = {
        each[versions.DATA]: each[versions.TEST_ROWS] for each in tags.values() if versions.TEST_ROWS in each
    }
    return {
        number: each.get(versions.TEST_ROWS) or known.get(data, f"of data {data[:6]}")
        for number, each in tags.items()
        for data in [each.get(versions.DATA, "")]
    }


def _differences(
    client: mlflow.MlflowClient,
    shown: Sequence[ModelVersion],
    champion: ModelVersion | None,
    test_set: HeldOutSet | None,
    bootstrap: BootstrapConfig,
) -> dict[str, str]:
    if champion is None or test_set is None:
        reason = "there is no champion" if champion is None else "the current test rows are not on disk"
        return {str(version.version): reason for version in shown}
    try:
        theirs = goal_score(client, test_set, champion)
    except CannotScoreError as error:
        return {str(version.version): str(error) for version in shown}
    return {
        str(version.version): "the champion itself"
        if version.version == champion.version
        else _difference(client, test_set, version, theirs, bootstrap)
        for version in shown
    }


def _difference(
    client: mlflow.MlflowClient,
    test_set: HeldOutSet,
    version: ModelVersion,
    theirs: GoalScore,
    bootstrap: BootstrapConfig,
) -> str:
    try:
        ours = goal_score(client, test_set, version)
        found = compare_unseen(ours, theirs, {}, bootstrap)
        return f"{format_difference(found.difference)}{found.rows_summary()}"
    except CannotScoreError as error:
        return str(error)


def _provenance(client: mlflow.MlflowClient, version: ModelVersion) -> dict[str, str]:
    with translate_store_errors():
        run = client.get_run(version.run_id).data
        params = with_new_keys(run.tags.get("seqops.task", ""), run.params)
    tags = tags_of(version)
    data = {
        "data sha256": tags.get(versions.DATA, "")[:12],
        "rows": tags.get(ROWS, ""),
        "source": tags.get(SOURCE, ""),
    }
    return {**params, **data}
