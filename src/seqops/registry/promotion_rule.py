"""The promotion rule: decides from scores whether a version becomes champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.core.settings import EvaluationSettings, Gate, RegistrySettings
from seqops.evaluation.evaluate import BootstrapConfig, EvaluationResult
from seqops.metrics.multiple_testing import holm
from seqops.metrics.paired_tests import Difference, paired
from seqops.metrics.rounding import rounded
from seqops.metrics.small_levels import beats_at
from seqops.registry.comparison_history import level_of

PASSES: dict[Gate, str] = {
    "trivial": "beats every trivial baseline",
    "not_worse": "beats every trivial baseline and is worse than no classical one",
    "all": "beats every baseline",
}
"""What a version did that passed a gate."""


@dataclass(frozen=True)
class PromotionRule:
    """The thresholds of the rule.

    bootstrap: the resamples, and the significance level at which a version must be better; slice_alpha: the
    level at which it must not be worse on any slice (0: slices are ignored); unscorable: whether a champion
    that cannot be scored on the current rows is kept, or replaced by a version that passes the gate;
    untrained: whether a version is refused if training did not improve on its initial model; gate: the
    baselines that it must pass.
    """

    bootstrap: BootstrapConfig
    slice_alpha: float
    unscorable: Literal["keep", "replace"]
    untrained: Literal["refuse", "allow"]
    gate: Gate

    @classmethod
    def of(cls, evaluation: EvaluationSettings, registry: RegistrySettings) -> PromotionRule:
        """Return the rule of the settings."""
        bootstrap = BootstrapConfig(evaluation.resamples, evaluation.seed, registry.alpha)
        return cls(bootstrap, registry.slice_alpha, registry.unscorable, registry.untrained, registry.gate)

    def to_json(self) -> dict[str, float | str]:
        """Return the thresholds as JSON values."""
        bootstrap = self.bootstrap
        return {
            "alpha": bootstrap.alpha,
            "slice_alpha": self.slice_alpha,
            "unscorable": self.unscorable,
            "untrained": self.untrained,
            "gate": self.gate,
            "resamples": bootstrap.resamples,
            "seed": bootstrap.seed,
        }


@dataclass(frozen=True)
class SliceComparison:
    """A version compared with the champion on one slice of the rows.

    p_worse: one-sided p-value of being worse, corrected for the number of slices; None if there is no test.
    """

    name: str
    rows: int
    difference: Difference
    p_worse: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        difference = self.difference.to_json()
        return {"name": self.name, "rows": self.rows, "worse": rounded(self.p_worse), **difference}


@dataclass(frozen=True)
class Comparison:
    """A version compared with the champion by the goal metric, on test rows that neither was trained on.

    rows: of the test; seen: those of them that are left out, because one of the two was trained on them.
    """

    metric: str
    ours: float
    theirs: float
    difference: Difference
    slices: Sequence[SliceComparison]
    rows: int
    seen: int

    def rows_summary(self) -> str:
        """Say how many rows were left out; empty if none was."""
        if not self.seen:
            return ""
        kept = self.rows - self.seen
        return f" on the {kept} of {self.rows} test rows that neither was trained on"

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return {
            "metric": self.metric,
            "ours": rounded(self.ours),
            "champion": rounded(self.theirs),
            "difference": self.difference.to_json(),
            "rows": self.rows,
            "seen_rows": self.seen,
            "slices": [part.to_json() for part in self.slices],
        }


@dataclass(frozen=True)
class PromotionInputs:
    """The inputs of the rule.

    evaluation: the version compared with its baselines; rolled_back: whether the user demoted it; champion:
    the current champion version, if any; comparison: with the champion, None if it is not possible;
    comparison_number: how many comparisons were made on the same test rows, with this one; unscored,
    champion_unscored: why the version or the champion could not be scored, empty if it could.
    """

    version: str
    evaluation: EvaluationResult
    rolled_back: bool
    champion: str | None
    comparison: Comparison | None
    comparison_number: int = 1
    unscored: str = ""
    champion_unscored: str = ""


@dataclass(frozen=True)
class RuleVerdict:
    """The decision of the rule, and its reason."""

    promote: bool
    reason: str


def compare_scores(
    ours: Score,
    theirs: Score,
    masks: Mapping[str, npt.NDArray[np.bool_]],
    bootstrap: BootstrapConfig,
    unseen: npt.NDArray[np.bool_] | None = None,
) -> Comparison:
    """Compare two scores of the same rows, on all rows and on each non-empty slice; masks: (n,).

    unseen: (n,) rows to which all this is limited, at least one; None: all. Raises ValueError if the two do
    not score the same rows.
    """
    rows, seen = len(ours.statistics), 0
    if unseen is not None:
        seen = rows - int(unseen.sum())
        ours, theirs = ours.take(unseen), theirs.take(unseen)
        masks = {name: mask[unseen] for name, mask in masks.items()}
    whole = paired(ours, theirs, bootstrap.resamples, bootstrap.seed)
    found = [
        _slice(name, ours.take(mask), theirs.take(mask), bootstrap)
        for name, mask in masks.items()
        if mask.any()
    ]
    # a slice of too few units counts as a test that found nothing
    corrected = holm([1.0 if part.p_worse is None else part.p_worse for part in found])
    slices = [
        part if part.p_worse is None else replace(part, p_worse=worse)
        for part, worse in zip(found, corrected, strict=True)
    ]
    return Comparison(ours.name, ours.point(), theirs.point(), whole, slices, rows, seen)


def decide(inputs: PromotionInputs, rule: PromotionRule) -> RuleVerdict:
    """Promote a version if it passes the gate, beats the champion, and is worse on no slice."""
    if inputs.champion == inputs.version:
        return RuleVerdict(False, "it is the champion")
    if inputs.rolled_back:
        return RuleVerdict(False, "it was rolled back; only `seqops promote` makes it champion again")
    if inputs.evaluation.untrained and rule.untrained == "refuse":
        return RuleVerdict(
            False, "training did not improve on the initial model, and registry.untrained is refuse"
        )
    if not inputs.evaluation.beats_trivial:
        names = ", ".join(f"{r.name} ({_p(r.difference)})" for r in inputs.evaluation.unbeaten_trivial)
        return RuleVerdict(
            False, f"it does not beat the trivial baseline {names} at p < {inputs.evaluation.alpha:g}"
        )
    if blocking := inputs.evaluation.blocking_baselines(rule.gate):
        names = ", ".join(f"{r.name} ({format_difference(r.difference)})" for r in blocking)
        wrong = "does not beat" if rule.gate == "all" else "is worse than"
        return RuleVerdict(
            False, f"it {wrong} the classical baseline {names}, and registry.gate is {rule.gate}"
        )
    if inputs.champion is None:
        return RuleVerdict(True, f"there was no champion, and it {PASSES[rule.gate]}")
    stays = f"version {inputs.champion} stays champion"
    if inputs.comparison is None:
        return _unscored(inputs, stays, rule)
    return _against_champion(inputs.comparison, inputs.champion, inputs.comparison_number, rule)


def _unscored(inputs: PromotionInputs, stays: str, rule: PromotionRule) -> RuleVerdict:
    if inputs.champion_unscored and not inputs.unscored and rule.unscorable == "replace":
        reason = (
            f"the champion could not be scored ({inputs.champion_unscored}), and "
            "registry.unscorable is replace"
        )
        return RuleVerdict(True, f"it {PASSES[rule.gate]}; {reason}")
    reason = inputs.unscored or inputs.champion_unscored
    fix = "decide manually with `seqops promote`, or set registry.unscorable to replace"
    return RuleVerdict(False, f"{stays}: the two could not be compared ({reason}); {fix}")


def _against_champion(found: Comparison, champion: str, number: int, rule: PromotionRule) -> RuleVerdict:
    stays = f"version {champion} stays champion"
    difference = f"{format_difference(found.difference)}{found.rows_summary()}"
    level = level_of(rule.bootstrap.alpha, number)
    which = f"p < {level:.3g} (comparison {number} on these test rows)"
    if not beats_at(found.difference, level, rule.bootstrap.resamples):
        undecided = found.difference.outcome(level) == "undecided"
        end = "so the two cannot be compared" if undecided else f"not {which}"
        return RuleVerdict(False, f"{stays}: by {found.metric} the difference is {difference}, {end}")
    worse = [part for part in found.slices if part.p_worse is not None and part.p_worse < rule.slice_alpha]
    if worse:
        parts = "; ".join(
            f"{part.name!r} ({part.rows} rows): {format_difference(part.difference)}, worse "
            f"at p {part.p_worse:.3g}"
            for part in worse
        )
        return RuleVerdict(False, f"{stays}: it is worse on the slice {parts}, below {rule.slice_alpha:g}")
    return RuleVerdict(
        True, f"it beats version {champion}: by {found.metric} the difference is {difference}, {which}"
    )


def format_difference(difference: Difference) -> str:
    """Format a difference with its interval and p-value; positive is better."""
    value, low, high = difference.value, difference.low, difference.high
    if difference.p_better is None:
        return f"{value:+.4g}, {difference.reason}"
    ends = f"({difference.reason})" if low is None or high is None else f"[{low:+.4g}, {high:+.4g}]"
    return f"{value:+.4g} {ends}, {_p(difference)}"


def _p(difference: Difference) -> str:
    """Format the p-value that the first system is better, or why there is none."""
    return difference.reason if difference.p_better is None else f"p {difference.p_better:.3g}"


def _slice(name: str, ours: Score, theirs: Score, bootstrap: BootstrapConfig) -> SliceComparison:
    found = paired(ours, theirs, bootstrap.resamples, bootstrap.seed)
    return SliceComparison(name, len(ours.statistics), found, found.p_worse)
