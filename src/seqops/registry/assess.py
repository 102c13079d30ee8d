"""What the rule says of a registered version, and by which numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.score import Score
from seqops.evaluation.evaluate import Evaluation
from seqops.registry import versions
from seqops.registry.champion import ROLLED_BACK
from seqops.registry.promotion_rule import Case, Comparison, Opinion, Rule, compare, decide
from seqops.registry.rescore import Present, Unscored, goal_of, scores_of


@dataclass(frozen=True)
class Judgement:
    """The rule's opinion of a version, the comparison with the champion (if any), and all the numbers."""

    opinion: Opinion
    comparison: Comparison | None
    numbers: dict[str, Any]


def judge(
    client: mlflow.MlflowClient, present: Present, version: ModelVersion, champion: str | None, rule: Rule
) -> Judgement:
    """Compare a version with the champion on the present rows, and ask the rule.

    Raises SeqopsError where the scores that the version was published with are lost.
    """
    case = _case(client, present, version, champion, rule)
    return Judgement(decide(case, rule), case.comparison, _numbers(case, rule))


def _case(
    client: mlflow.MlflowClient, present: Present, version: ModelVersion, champion: str | None, rule: Rule
) -> Case:
    number = str(version.version)
    metrics = scores_of(client, version)
    if metrics is None:
        raise SeqopsError(
            f"the scores of version {number} of {version.name} are lost: its run keeps no metrics.json. "
            f"Where its artefacts are on disk, `seqops publish {present.task.name}` brings them back."
        )
    found = Evaluation.read(metrics, rule.chance.alpha)
    case = Case(number, found, ROLLED_BACK in version.tags, champion, None)
    if champion in (None, number):
        return case
    holder = versions.version(client, version.name, champion)
    theirs, champion_unscored = _goal(client, present, holder)
    ours, unscored = _goal(client, present, version)
    if ours is None or theirs is None:
        return replace(case, unscored=unscored, champion_unscored=champion_unscored)
    return replace(case, comparison=compare(ours, theirs, present.masks(), rule.chance))


def _goal(client: mlflow.MlflowClient, present: Present, version: ModelVersion) -> tuple[Score | None, str]:
    """Score a version on the present rows, or say why it cannot be scored."""
    try:
        return goal_of(client, present, version), ""
    except Unscored as error:
        return None, str(error)


def _numbers(case: Case, rule: Rule) -> dict[str, Any]:
    baselines = {r.name: {"kind": r.kind, **r.difference.as_json()} for r in case.found.rivals}
    numbers = {"rule": rule.as_json(), "baselines": baselines}
    if case.comparison is not None:
        numbers |= case.comparison.as_json()
    elif case.unscored or case.champion_unscored:
        numbers["unscored"] = case.unscored or case.champion_unscored
    return numbers
