"""Assessment of a registered version by the promotion rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.ragged import Split
from seqops.evaluation.evaluate import EvaluationResult
from seqops.metrics.rounding import rounded
from seqops.registry import versions
from seqops.registry.champion import ROLLED_BACK
from seqops.registry.comparison_history import TEST_ROWS, ComparisonHistory, RowSketch, level_of
from seqops.registry.promotion_rule import (
    Comparison,
    PromotionInputs,
    PromotionRule,
    RuleVerdict,
    decide,
)
from seqops.registry.rescore import (
    CannotScoreError,
    GoalScore,
    HeldOutSet,
    compare_unseen,
    goal_score,
)
from seqops.registry.tags import tags_of
from seqops.runtime.journal import JournalEntry
from seqops.tracking.mlflow_runs import read_run_scores


@dataclass(frozen=True)
class Assessment:
    """The verdict of the promotion rule, the comparison with the champion (if any), and all numbers."""

    verdict: RuleVerdict
    comparison: Comparison | None
    numbers: dict[str, Any]


def assess(
    client: mlflow.MlflowClient,
    test_set: HeldOutSet,
    version: ModelVersion,
    champion: str | None,
    rule: PromotionRule,
    decisions: Sequence[JournalEntry],
) -> Assessment:
    """Compare a version with the champion on the current test rows and apply the promotion rule.

    decisions: the earlier ones. Raises SeqopsError if the scores that the version was published with are
    missing or altered.
    """
    inputs, compared = _promotion_inputs(client, test_set, version, champion, rule)
    numbers = _numbers(inputs, rule)
    found = inputs.comparison
    if found is not None and champion is not None and found.difference.p_better is not None:
        history = ComparisonHistory.of(RowSketch.of(compared), decisions, version.name)
        number = history.number(version.run_id, inputs.version, champion)
        inputs = replace(inputs, comparison_number=number)
        numbers |= {
            "champion_version": champion,
            "comparison_number": number,
            "level": rounded(level_of(rule.bootstrap.alpha, number)),
            TEST_ROWS: history.sketch.to_json(),
        }
    return Assessment(decide(inputs, rule), inputs.comparison, numbers)


def _promotion_inputs(
    client: mlflow.MlflowClient,
    test_set: HeldOutSet,
    version: ModelVersion,
    champion: str | None,
    rule: PromotionRule,
) -> tuple[PromotionInputs, Split]:
    """Return the inputs of the rule, and the test rows on which the version and the champion are compared."""
    number = str(version.version)
    metrics = read_run_scores(client, version.run_id)
    if metrics is None:
        raise SeqopsError(
            f"the scores of version {number} of {version.name} are missing: its run has no evaluation.json. "
            f"If its artefacts are on disk, `seqops publish {test_set.task.name}` restores them."
        )
    evaluation = EvaluationResult.read(metrics, rule.bootstrap.alpha)
    inputs = PromotionInputs(number, evaluation, ROLLED_BACK in tags_of(version), champion, None)
    if champion in (None, number):
        return inputs, test_set.truth
    holder = versions.version(client, version.name, champion)
    theirs, champion_unscored = _goal(client, test_set, holder)
    ours, unscored = _goal(client, test_set, version)
    if ours is None or theirs is None:
        return replace(inputs, unscored=unscored, champion_unscored=champion_unscored), test_set.truth
    try:
        found = compare_unseen(ours, theirs, test_set.masks(), rule.bootstrap)
    except CannotScoreError as error:
        return replace(inputs, unscored=str(error)), test_set.truth
    return replace(inputs, comparison=found), test_set.truth.take(ours.unseen & theirs.unseen)


def _goal(
    client: mlflow.MlflowClient, test_set: HeldOutSet, version: ModelVersion
) -> tuple[GoalScore | None, str]:
    """Return the score of a version on the current test rows, or None and the reason."""
    try:
        return goal_score(client, test_set, version), ""
    except CannotScoreError as error:
        return None, str(error)


def _numbers(inputs: PromotionInputs, rule: PromotionRule) -> dict[str, Any]:
    baselines = {r.name: {"kind": r.kind, **r.difference.to_json()} for r in inputs.evaluation.comparisons}
    numbers = {"rule": rule.to_json(), "baselines": baselines}
    if inputs.comparison is not None:
        numbers |= inputs.comparison.to_json()
    elif inputs.unscored or inputs.champion_unscored:
        numbers["unscored"] = inputs.unscored or inputs.champion_unscored
    return numbers
