"""The rule by which a version becomes champion: numbers in, an opinion out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.evaluation.evaluate import Chance, Evaluation
from seqops.metrics.bootstrap import Difference, paired, rounded
from seqops.metrics.multiple_testing import holm


@dataclass(frozen=True)
class Rule:
    """How sure the rule must be.

    chance: the resamples, and the level at which a version must be better; guard: the level at which it
    may be worse on no slice (0: slices do not count); unscorable: whether a champion that cannot be scored
    on the present rows is kept, or replaced by a version that beats the trivial baselines.
    """

    chance: Chance
    guard: float
    unscorable: Literal["keep", "replace"]

    def as_json(self) -> dict[str, float | str]:
        """Name what decides, for the record."""
        chance = self.chance
        return {
            "alpha": chance.alpha,
            "guard": self.guard,
            "unscorable": self.unscorable,
            "resamples": chance.resamples,
            "seed": chance.seed,
        }


@dataclass(frozen=True)
class Slice:
    """How a version stands against the champion on some of the rows.

    worse: one-sided p of being worse, corrected for the number of slices.
    """

    name: str
    rows: int
    difference: Difference
    worse: float

    def as_json(self) -> dict[str, Any]:
        """Name the numbers, for the record."""
        difference = self.difference.as_json()
        return {"name": self.name, "rows": self.rows, "worse": rounded(self.worse), **difference}


@dataclass(frozen=True)
class Comparison:
    """How a version stands against the champion on the same rows, by the goal's metric."""

    metric: str
    ours: float
    theirs: float
    difference: Difference
    slices: Sequence[Slice]

    def as_json(self) -> dict[str, Any]:
        """Name the numbers, for the record."""
        return {
            "metric": self.metric,
            "ours": rounded(self.ours),
            "champion": rounded(self.theirs),
            "difference": self.difference.as_json(),
            "slices": [part.as_json() for part in self.slices],
        }


@dataclass(frozen=True)
class Case:
    """All that the rule looks at.

    found: the version beside its baselines; rolled_back: whether a person took it down; champion: the
    version that holds the alias, if any; comparison: with that one, None where it could not be made;
    unscored, champion_unscored: why the version or the champion could not be scored, empty where it could.
    """

    version: str
    found: Evaluation
    rolled_back: bool
    champion: str | None
    comparison: Comparison | None
    unscored: str = ""
    champion_unscored: str = ""


@dataclass(frozen=True)
class Opinion:
    """What the rule would do, and why."""

    promote: bool
    reason: str


def compare(
    ours: Score, theirs: Score, masks: Mapping[str, npt.NDArray[np.bool_]], chance: Chance
) -> Comparison:
    """Pair two scores of the same rows, as a whole and on each slice that has rows; masks: (n,).

    Raises ValueError where the two do not score the same rows.
    """
    whole = paired(ours, theirs, chance.resamples, chance.seed)
    found = [
        _slice(name, _part(ours, mask), _part(theirs, mask), chance)
        for name, mask in masks.items()
        if mask.any()
    ]
    corrected = holm([part.worse for part in found])
    slices = [replace(part, worse=worse) for part, worse in zip(found, corrected, strict=True)]
    return Comparison(ours.name, ours.point(), theirs.point(), whole, slices)


def decide(case: Case, rule: Rule) -> Opinion:
    """Judge a version: it must beat the trivial baselines and the champion, and be worse on no slice."""
    if case.champion == case.version:
        return Opinion(False, "it is the champion")
    if case.rolled_back:
        return Opinion(False, "it was rolled back; only `seqops promote` makes it champion again")
    if not case.found.beats_trivial:
        names = ", ".join(f"{r.name} (p {r.difference.p:.3g})" for r in case.found.unbeaten)
        return Opinion(False, f"it does not beat the trivial baseline {names} at p < {case.found.alpha:g}")
    if case.champion is None:
        return Opinion(True, "there was no champion, and it beats every trivial baseline")
    stays = f"version {case.champion} stays champion"
    if case.comparison is None:
        return _unscored(case, stays, rule)
    return _against_champion(case.comparison, case.champion, stays, rule)


def _unscored(case: Case, stays: str, rule: Rule) -> Opinion:
    if case.champion_unscored and not case.unscored and rule.unscorable == "replace":
        why = (
            f"the champion could not be scored ({case.champion_unscored}), and registry.unscorable is replace"
        )
        return Opinion(True, f"it beats every trivial baseline; {why}")
    why = case.unscored or case.champion_unscored
    by_hand = "`seqops promote` decides by hand, or set registry.unscorable to replace"
    return Opinion(False, f"{stays}: the two could not be compared ({why}); {by_hand}")


def _against_champion(found: Comparison, champion: str, stays: str, rule: Rule) -> Opinion:
    words, alpha = said(found.difference), rule.chance.alpha
    if not (found.difference.value > 0 and found.difference.p < alpha):
        return Opinion(False, f"{stays}: by {found.metric} the difference is {words}, not p < {alpha:g}")
    worse = [part for part in found.slices if part.worse < rule.guard]
    if worse:
        parts = "; ".join(
            f"{part.name!r} ({part.rows} rows): {said(part.difference)}, worse at p {part.worse:.3g}"
            for part in worse
        )
        return Opinion(False, f"{stays}: it is worse on the slice {parts}, below {rule.guard:g}")
    return Opinion(True, f"it beats version {champion}: by {found.metric} the difference is {words}")


def said(difference: Difference) -> str:
    """Write a difference with its interval and p; positive is better."""
    return f"{difference.value:+.4g} [{difference.low:+.4g}, {difference.high:+.4g}], p {difference.p:.3g}"


def _part(score: Score, mask: npt.NDArray[np.bool_]) -> Score:
    return replace(score, statistics=score.statistics[mask])


def _slice(name: str, ours: Score, theirs: Score, chance: Chance) -> Slice:
    better = paired(ours, theirs, chance.resamples, chance.seed)
    worse = paired(theirs, ours, chance.resamples, chance.seed).p
    rows = len(ours.statistics)
    # a bootstrap of few rows is too sure: no exact paired permutation test of n rows can go below 2^-n
    return Slice(name, rows, better, max(worse, 0.5**rows))
