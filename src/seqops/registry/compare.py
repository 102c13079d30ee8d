"""Versions side by side: scores with intervals, the difference to the champion, params and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.renamed_keys import with_new_keys
from seqops.core.score import Score
from seqops.evaluation.evaluate import BootstrapConfig
from seqops.registry import versions
from seqops.registry.promotion_rule import compare_scores, format_difference
from seqops.registry.rescore import DATA, CannotScoreError, TestSet, goal_of, scores_of
from seqops.tracking.connection import translate_store_errors


@dataclass(frozen=True)
class VersionSummary:
    """One version in the line.

    aliases: the aliases that it holds; metrics: as it was published with, None where they are lost;
    better: its difference to the champion on the present rows in words, or why there is none; provenance: the
    params and the data that it was made of.
    """

    version: str
    aliases: Sequence[str]
    metrics: Mapping[str, Any] | None
    better: str
    provenance: Mapping[str, str]


def compare_versions(
    client: mlflow.MlflowClient, name: str, last: int, test_set: TestSet | None, bootstrap: BootstrapConfig
) -> list[VersionSummary]:
    """Gather the champion, the challenger and the last few versions, newest first.

    test_set: None where the present test rows are not on disk. Raises SeqopsError where nothing is
    registered.
    """
    known = versions.versions(client, name)
    if not known:
        raise SeqopsError(f"no version of {name} is registered. Run `dvc repro`.")
    with translate_store_errors():
        aliases = (versions.CHAMPION, versions.CHALLENGER)
        holders = {alias: versions.get_alias(client, name, alias) for alias in aliases}
    shown = [v for i, v in enumerate(known) if i < last or str(v.version) in holders.values()]
    champion = next((v for v in known if str(v.version) == holders[versions.CHAMPION]), None)
    differences = _differences(client, shown, champion, test_set, bootstrap)
    return [
        VersionSummary(
            number := str(version.version),
            [alias for alias, holder in holders.items() if holder == number],
            scores_of(client, version),
            differences[number],
            _made(client, version),
        )
        for version in shown
    ]


def differing(line: Sequence[VersionSummary]) -> dict[str, list[str]]:
    """Return what does not have one value in all versions: key -> a value for each."""
    keys = sorted({key for summary in line for key in summary.provenance})
    rows = {key: [summary.provenance.get(key, "") for summary in line] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}


def _differences(
    client: mlflow.MlflowClient,
    shown: Sequence[ModelVersion],
    champion: ModelVersion | None,
    test_set: TestSet | None,
    bootstrap: BootstrapConfig,
) -> dict[str, str]:
    if champion is None or test_set is None:
        why = "there is no champion" if champion is None else "the present test rows are not on disk"
        return {str(version.version): why for version in shown}
    try:
        theirs = goal_of(client, test_set, champion)
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
    test_set: TestSet,
    version: ModelVersion,
    theirs: Score,
    bootstrap: BootstrapConfig,
) -> str:
    try:
        return format_difference(
            compare_scores(goal_of(client, test_set, version), theirs, {}, bootstrap).difference
        )
    except CannotScoreError as error:
        return str(error)


def _made(client: mlflow.MlflowClient, version: ModelVersion) -> dict[str, str]:
    with translate_store_errors():
        run = client.get_run(version.run_id).data
        params = with_new_keys(run.tags.get("seqops.task", ""), run.params)
    data = {
        "data sha256": version.tags.get(DATA, "")[:12],
        "rows": version.tags.get("seqops.rows", ""),
        "source": version.tags.get("seqops.source", ""),
    }
    return {**params, **data}
