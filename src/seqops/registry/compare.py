"""Versions side by side: scores with intervals, the difference to the champion, params and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.score import Score
from seqops.evaluation.evaluate import Chance
from seqops.registry import versions
from seqops.registry.promotion_rule import compare, said
from seqops.registry.rescore import DATA, Present, Unscored, goal_of, scores_of
from seqops.tracking.connection import answering


@dataclass(frozen=True)
class Candidate:
    """One version in the line.

    titles: the aliases that it holds; metrics: as it was published with, None where they are lost;
    better: its difference to the champion on the present rows in words, or why there is none; made: the
    params and the data that it was made of.
    """

    version: str
    titles: Sequence[str]
    metrics: Mapping[str, Any] | None
    better: str
    made: Mapping[str, str]


def line_up(
    client: mlflow.MlflowClient, name: str, last: int, present: Present | None, chance: Chance
) -> list[Candidate]:
    """Gather the champion, the challenger and the last few versions, newest first.

    present: None where the present test rows are not on disk. Raises SeqopsError where nothing is
    registered.
    """
    known = versions.versions(client, name)
    if not known:
        raise SeqopsError(f"no version of {name} is registered. Run `dvc repro`.")
    with answering():
        aliases = (versions.CHAMPION, versions.CHALLENGER)
        holders = {alias: versions.holder(client, name, alias) for alias in aliases}
    shown = [v for i, v in enumerate(known) if i < last or str(v.version) in holders.values()]
    champion = next((v for v in known if str(v.version) == holders[versions.CHAMPION]), None)
    differences = _differences(client, shown, champion, present, chance)
    return [
        Candidate(
            number := str(version.version),
            [alias for alias, holder in holders.items() if holder == number],
            scores_of(client, version),
            differences[number],
            _made(client, version),
        )
        for version in shown
    ]


def differing(line: Sequence[Candidate]) -> dict[str, list[str]]:
    """Return what does not have one value in all versions: key -> a value for each."""
    keys = sorted({key for candidate in line for key in candidate.made})
    rows = {key: [candidate.made.get(key, "") for candidate in line] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}


def _differences(
    client: mlflow.MlflowClient,
    shown: Sequence[ModelVersion],
    champion: ModelVersion | None,
    present: Present | None,
    chance: Chance,
) -> dict[str, str]:
    if champion is None or present is None:
        why = "there is no champion" if champion is None else "the present test rows are not on disk"
        return {str(version.version): why for version in shown}
    try:
        theirs = goal_of(client, present, champion)
    except Unscored as error:
        return {str(version.version): str(error) for version in shown}
    return {
        str(version.version): "the champion itself"
        if version.version == champion.version
        else _difference(client, present, version, theirs, chance)
        for version in shown
    }


def _difference(
    client: mlflow.MlflowClient, present: Present, version: ModelVersion, theirs: Score, chance: Chance
) -> str:
    try:
        return said(compare(goal_of(client, present, version), theirs, {}, chance).difference)
    except Unscored as error:
        return str(error)


def _made(client: mlflow.MlflowClient, version: ModelVersion) -> dict[str, str]:
    with answering():
        params: dict[str, str] = client.get_run(version.run_id).data.params
    data = {
        "data sha256": version.tags.get(DATA, "")[:12],
        "rows": version.tags.get("seqops.rows", ""),
        "source": version.tags.get("seqops.source", ""),
    }
    return {**params, **data}
