"""Drift detection: compare new rows with the training rows of a model.

An input has drifted if its shift is both statistically significant and large: with many rows every
difference is significant, with few every difference is large. The score over all rows has drifted if it is
significantly worse by more than a margin. The p-values are corrected by Holm, because the verdict covers
all features: a false alarm in one of them is a false alarm. Values within a row (the tags of a sentence)
are not independent; their number is divided by the design effect before testing.

Inputs are compared with all training rows and with the latest of them: otherwise a drift that the model
has already been trained on would be reported every week, while most training rows are older than it.

Built on scipy, which is already a dependency: a drift library would add the same two-sample tests, its
dashboards and many dependencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from rich.markup import escape
from rich.table import Table

from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Array, Ragged
from seqops.core.records import Goal
from seqops.core.settings import DriftSettings
from seqops.drift.profiles import (
    DriftTest,
    describe_sample,
    kind_of,
    read_profile,
    values_of,
)
from seqops.drift.score_decline import ScoreDecline, score_decline, score_feature, untested
from seqops.drift.score_sample import ScoreSample
from seqops.metrics.multiple_testing import holm
from seqops.metrics.rounding import rounded

Reference = dict[str, Any]
"""The profile of each monitored feature, and the score, as JSON values."""
SCORE_KIND = "score"
FORMER_SCORE = (
    "the version was registered by a release that kept the scores of single rows; "
    "train and register a new version to have its score tested"
)
_Test = TypeVar("_Test", DriftTest, DriftTest | ScoreDecline)
LATEST = "latest"
LATEST_DIVISOR = 5
"""The latest rows are the last fifth of the training rows, in the order of their source."""


def build_reference(features: DriftFeatures, metric: str = "", score: ScoreSample | None = None) -> Reference:
    """Profile the features of training rows: a few hundred numbers per feature, as JSON, no raw rows.

    metric, score: name and sample of the score of test rows, if there is one.
    """
    profiles = {name: _profile(column) for name, column in features.items() if len(values_of(column))}
    if score is None:
        return profiles
    return {**profiles, score_feature(metric): {"kind": SCORE_KIND, **score.to_json()}}


def _profile(column: Ragged | Array) -> dict[str, Any]:
    last = np.arange(len(column) - len(column) // LATEST_DIVISOR, len(column))
    latest = column.take(last) if isinstance(column, Ragged) else column[last]
    profile = describe_sample(column)
    return {**profile, LATEST: describe_sample(latest)} if len(values_of(latest)) else profile


@dataclass(frozen=True)
class FeatureDrift:
    """The drift of one feature.

    before, now: rows; overall, recent: comparison with all training rows and with the latest ones, None if
    there are too few rows (recent: None for a score); their p-values are corrected for the number of
    features; reason: why it is not tested.
    """

    name: str
    before: int
    now: int
    overall: DriftTest | ScoreDecline | None
    recent: DriftTest | None = None
    drifted: bool = False
    reason: str = ""

    @property
    def p(self) -> float:
        """The p-value of the comparison with all training rows; 1 if there are too few rows."""
        return 1.0 if self.overall is None else self.overall.p

    @property
    def smallest_psi(self) -> float:
        """The smaller PSI of the comparisons with all and with the latest training rows; 0 for a score."""
        tests = (found for found in (self.overall, self.recent) if isinstance(found, DriftTest))
        return min((found.psi for found in tests), default=0.0)

    def summary(self) -> str:
        """Describe the size of the shift."""
        closest, suffix = self.overall, ""
        if closest is None:
            return f"{self.name} not tested: {self.reason}"
        if isinstance(closest, ScoreDecline):
            return f"{self.name} (p {closest.p:.2g}; {closest.largest_shift()})"
        if self.recent is not None and self.recent.psi < closest.psi:
            closest, suffix = self.recent, ", compared with the latest rows"
        size = f"PSI {closest.psi:.2f}, {closest.chance_psi:.2f} expected by chance"
        return f"{self.name} ({size}, p {closest.p:.2g}; {closest.largest_shift()}{suffix})"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        known = {} if self.overall is None else {**self.overall.to_json(), "p": rounded(self.p)}
        if self.recent is not None:
            known |= {"psi_of_latest": rounded(self.recent.psi), "p_of_latest": rounded(self.recent.p)}
        rows = {"rows_before": self.before, "rows_now": self.now}
        return {
            "name": self.name,
            **rows,
            **known,
            "drifted": self.drifted,
            "measured": self.overall is not None,
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass(frozen=True)
class DriftReport:
    """The drift of all monitored features of new rows."""

    features: tuple[FeatureDrift, ...]
    thresholds: DriftSettings

    @property
    def drifted(self) -> bool:
        """Return whether any feature has drifted."""
        return any(feature.drifted for feature in self.features)

    @property
    def measured(self) -> tuple[FeatureDrift, ...]:
        """List the features with enough rows to be tested."""
        return tuple(feature for feature in self.features if feature.overall is not None)

    def summary(self) -> str:
        """Summarize the report in one line."""
        if not self.measured:
            rows = max((feature.now for feature in self.features), default=0)
            few = f"drift not tested: {rows} new rows, at least {self.thresholds.min_rows} are needed"
            reasons = {f.reason for f in self.features} if rows >= self.thresholds.min_rows else ()
            return f"drift not tested: {'; '.join(sorted(reasons))}" if reasons else few
        return self._verdict() + "".join(f"; {f.summary()}" for f in self.features if f.overall is None)

    def _verdict(self) -> str:
        moved = sorted((f for f in self.measured if f.drifted), key=lambda f: -f.smallest_psi)
        if moved:
            shifts = "; ".join(f.summary() for f in moved)
            return f"drift in {len(moved)} of {len(self.measured)} features: {shifts}"
        largest = max(self.measured, key=lambda f: f.smallest_psi)
        return (
            f"no drift; {len(self.measured)} of {len(self.features)} features tested; "
            f"largest shift: {largest.summary()}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        limits = {
            "alpha": self.thresholds.alpha,
            "psi": self.thresholds.psi,
            "margin": self.thresholds.margin,
            "min_rows": self.thresholds.min_rows,
        }
        features = [feature.to_json() for feature in self.features]
        return {
            "drifted": self.drifted,
            "summary": self.summary(),
            "thresholds": limits,
            "features": features,
        }

    def table(self) -> Table:
        """Return a table of all features: rows, PSI, p-value, and the largest shift."""
        table = Table(title="New rows compared with the training rows")
        measures = ("PSI (by chance)", "p (Holm)", "largest shift", "PSI, p to latest rows", "drift")
        for column in ("feature", "rows before", "rows now", *measures):
            table.add_column(column)
        for feature in self.features:
            rows = (escape(feature.name), str(feature.before), str(feature.now))
            if feature.overall is None:
                table.add_row(*rows, "", "", "", "", escape(f"not tested: {feature.reason}"))
                continue
            test = feature.overall
            size = f"{test.psi:.3f} ({test.chance_psi:.3f})" if isinstance(test, DriftTest) else ""
            found = (size, f"{feature.p:.2g}", escape(test.largest_shift()))
            recent = f"{feature.recent.psi:.3f}, {feature.recent.p:.2g}" if feature.recent else ""
            table.add_row(*rows, *found, recent, "yes" if feature.drifted else "no")
        return table


def measure_drift(
    reference: Mapping[str, Any],
    features: DriftFeatures,
    thresholds: DriftSettings,
    goal: Goal,
    score: Mapping[str, Any] | None = None,
) -> DriftReport:
    """Compare new rows with a reference; features that only one of them has are left out.

    goal: the metric of the score; score: a score sample of the new test rows as JSON values, None if there
    is none. A reference of a release that kept the scores of single rows has no test of the score.
    """
    scored = score_feature(goal.metric)
    found = [
        _feature_drift(name, reference[name], column, thresholds.min_rows)
        for name, column in features.items()
        if name != scored and name in reference and reference[name]["kind"] == kind_of(column)
    ]
    if scored in reference and reference[scored]["kind"] != SCORE_KIND:
        now = len(features.get(scored, ()))
        found.append(FeatureDrift(scored, reference[scored]["rows"], now, None, reason=FORMER_SCORE))
    elif scored in reference and score is not None:
        samples = ScoreSample.read(reference[scored]), ScoreSample.read(score)
        found.append(_score_drift(scored, *samples, thresholds, goal))
    overall_tests, recent_tests = (
        _corrected(tests) for tests in ([f.overall for f in found], [f.recent for f in found])
    )
    return DriftReport(
        tuple(
            _with_verdict(*feature, thresholds)
            for feature in zip(found, overall_tests, recent_tests, strict=True)
        ),
        thresholds,
    )


def _score_drift(
    name: str, before: ScoreSample, now: ScoreSample, thresholds: DriftSettings, goal: Goal
) -> FeatureDrift:
    reason = untested(before, now, thresholds.min_rows)
    overall = None if reason else score_decline(before, now, goal, thresholds.margin)
    return FeatureDrift(name, before.rows, now.rows, overall, reason=reason)


def _feature_drift(
    name: str, profile: Mapping[str, Any], column: Ragged | Array, min_rows: int
) -> FeatureDrift:
    enough, latest = _enough(profile, column, min_rows), profile.get(LATEST)
    overall = read_profile(profile).compare(column) if enough else None
    recent = None
    if latest is not None and _enough(latest, column, min_rows):
        recent = read_profile(latest).compare(column)
    reason = "" if enough else f"too few rows: {profile['rows']} before, {len(column)} now"
    return FeatureDrift(name, profile["rows"], len(column), overall, recent, reason=reason)


def _enough(profile: Mapping[str, Any], column: Ragged | Array, min_rows: int) -> bool:
    return bool(min(profile["rows"], len(column), len(values_of(column))) >= min_rows)


def _corrected(tests: list[_Test | None]) -> list[_Test | None]:
    corrected = iter(holm([test.p for test in tests if test is not None]))
    return [None if test is None else replace(test, p=next(corrected)) for test in tests]


def _with_verdict(
    feature: FeatureDrift,
    overall: DriftTest | ScoreDecline | None,
    recent: DriftTest | None,
    limits: DriftSettings,
) -> FeatureDrift:
    known = [found for found in (overall, recent) if found is not None]
    moved = all(
        found.p < limits.alpha and (isinstance(found, ScoreDecline) or found.psi > limits.psi)
        for found in known
    )
    return replace(feature, overall=overall, recent=recent, drifted=overall is not None and moved)
