"""Drift detection: compare new rows with the training rows of a model.

An input has drifted if its shift is both statistically significant and large: with many rows every
difference is significant, with few every difference is large. The score has drifted if it is significantly
worse by more than a margin. The p-values are corrected by Holm, because the verdict covers all features: a
false alarm in one of them is a false alarm. Values within a row (the tags of a sentence) are not
independent; their number is divided by the design effect before testing.

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
    NumericProfile,
    describe_sample,
    kind_of,
    read_profile,
    values_of,
)
from seqops.drift.score_decline import ScoreDecline, score_decline, score_feature
from seqops.metrics.multiple_testing import holm
from seqops.metrics.rounding import rounded
from seqops.metrics.units import MIN_BLOCKS

Reference = dict[str, Any]
"""The profile of each monitored feature, as JSON values."""
_Test = TypeVar("_Test", DriftTest, DriftTest | ScoreDecline)
LATEST = "latest"
LATEST_DIVISOR = 5
"""The latest rows are the last fifth of the training rows, in the order of their source."""


def build_reference(features: DriftFeatures) -> Reference:
    """Profile the features of training rows: a few hundred numbers per feature, as JSON, no raw rows."""
    return {name: _profile(column) for name, column in features.items() if len(values_of(column))}


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
    features.
    """

    name: str
    before: int
    now: int
    overall: DriftTest | ScoreDecline | None
    recent: DriftTest | None = None
    drifted: bool = False

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
            return f"{self.name} (too few rows: {self.before} before, {self.now} now)"
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
            return f"drift not tested: {rows} new rows, at least {self.thresholds.min_rows} are needed"
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
                table.add_row(*rows, "", "", "", "", "too few rows")
                continue
            test = feature.overall
            size = f"{test.psi:.3f} ({test.chance_psi:.3f})" if isinstance(test, DriftTest) else ""
            found = (size, f"{feature.p:.2g}", escape(test.largest_shift()))
            recent = f"{feature.recent.psi:.3f}, {feature.recent.p:.2g}" if feature.recent else ""
            table.add_row(*rows, *found, recent, "yes" if feature.drifted else "no")
        return table


def measure_drift(
    reference: Mapping[str, Any], features: DriftFeatures, thresholds: DriftSettings, goal: Goal
) -> DriftReport:
    """Compare the features of new rows with a reference; features that only one of them has are left out.

    goal: the metric whose scores are among the features.
    """
    found = [
        _feature_drift(name, reference[name], column, thresholds, goal)
        for name, column in features.items()
        if name in reference and reference[name]["kind"] == kind_of(column)
    ]
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


def _feature_drift(
    name: str, profile: Mapping[str, Any], column: Ragged | Array, thresholds: DriftSettings, goal: Goal
) -> FeatureDrift:
    overall: DriftTest | ScoreDecline | None = None
    recent = None
    stored = read_profile(profile)
    if name == score_feature(goal.metric) and isinstance(stored, NumericProfile):
        if _enough_scores(profile, column, thresholds.min_rows):
            overall = score_decline(stored, column, goal, thresholds.margin)
    else:
        latest = profile.get(LATEST)
        if _enough(profile, column, thresholds.min_rows):
            overall = stored.compare(column)
        if latest is not None and _enough(latest, column, thresholds.min_rows):
            recent = read_profile(latest).compare(column)
    return FeatureDrift(name, profile["rows"], len(column), overall, recent)


def _enough(profile: Mapping[str, Any], column: Ragged | Array, min_rows: int) -> bool:
    return bool(min(profile["rows"], len(column), len(values_of(column))) >= min_rows)


def _enough_scores(profile: Mapping[str, Any], column: Ragged | Array, min_rows: int) -> bool:
    """Return whether both samples have enough scores; a block of dependent ones is a row of the samples."""
    scores = min(profile["values"], len(values_of(column)))
    return bool(scores >= min_rows and min(profile["rows"], len(column)) >= MIN_BLOCKS)


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
