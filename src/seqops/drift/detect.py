"""DriftReport: do new rows look like those that a model was trained on?

Something has drifted where the shift is both beyond chance and large: with many rows every difference is
beyond chance, with few every difference is large. The p-values are corrected by Holm, because the verdict
is about all that is watched: one false alarm among them is a false alarm. Values inside a row (the tags of a
sentence) are not independent; their number is divided by the design effect before it is tested.

New rows are held against all training rows and against the latest of them: a drift that the model has
learnt from is not told again every week, for as long as rows of before it are in the majority.

Written on scipy, which is here already: a library of the field would bring the same two-sample tests, its
dashboards and many dependencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Array, Ragged
from seqops.core.settings import DriftSettings
from seqops.drift.profiles import DriftTest, describe_sample, kind_of, read_profile, values_of
from seqops.metrics.bootstrap import rounded
from seqops.metrics.multiple_testing import holm

Reference = dict[str, Any]
"""What `build_reference` keeps: a record of each thing watched; plain JSON."""
LATEST = "latest"
PART = 5
"""The last fifth of the training rows, as their source orders them, are the latest."""


def build_reference(watched: DriftFeatures) -> Reference:
    """Describe training rows by a few hundred numbers each thing watched; plain JSON, no row of theirs."""
    return {name: _profile(column) for name, column in watched.items() if len(values_of(column))}


def _profile(column: Ragged | Array) -> dict[str, Any]:
    places = np.arange(len(column) - len(column) // PART, len(column))
    latest = column.take(places) if isinstance(column, Ragged) else column[places]
    record = describe_sample(column)
    return {**record, LATEST: describe_sample(latest)} if len(values_of(latest)) else record


@dataclass(frozen=True)
class FeatureDrift:
    """How one thing that is watched has moved.

    before, now: rows; shift, recent: from all training rows and from the latest, None where they are too few
    to tell; their p are corrected for the number of features.
    """

    name: str
    before: int
    now: int
    overall: DriftTest | None
    recent: DriftTest | None = None
    drifted: bool = False

    @property
    def p(self) -> float:
        """Return p against all training rows; 1 where they are too few to tell."""
        return 1.0 if self.overall is None else self.overall.p

    @property
    def nearer(self) -> float:
        """Return the PSI against those rows of training that the new ones are nearer to."""
        return min((found.psi for found in (self.overall, self.recent) if found is not None), default=0.0)

    def summary(self) -> str:
        """Say by how much it moved."""
        if self.overall is None:
            return f"{self.name} (too few rows: {self.before} before, {self.now} now)"
        nearer, of = self.overall, ""
        if self.recent is not None and self.recent.psi < self.overall.psi:
            nearer, of = self.recent, ", beside the latest rows"
        return f"{self.name} (PSI {nearer.psi:.2f}, p {nearer.p:.2g}; {nearer.moved_most()}{of})"

    def to_json(self) -> dict[str, Any]:
        """Put it to plain JSON."""
        known = {} if self.overall is None else {**self.overall.to_json(), "p": rounded(self.p)}
        if self.recent is not None:
            known |= {"psi_of_latest": rounded(self.recent.psi), "p_of_latest": rounded(self.recent.p)}
        rows = {"rows_before": self.before, "rows_now": self.now}
        return {"name": self.name, **rows, **known, "drifted": self.drifted, "told": self.overall is not None}


@dataclass(frozen=True)
class DriftReport:
    """How new rows differ from those of training, by everything that is watched of them."""

    features: tuple[FeatureDrift, ...]
    thresholds: DriftSettings

    @property
    def drifted(self) -> bool:
        """Tell whether anything has drifted."""
        return any(feature.drifted for feature in self.features)

    @property
    def measured(self) -> tuple[FeatureDrift, ...]:
        """List what there are rows enough of."""
        return tuple(feature for feature in self.features if feature.overall is not None)

    def summary(self) -> str:
        """Say it in a line."""
        if not self.measured:
            rows = max((feature.now for feature in self.features), default=0)
            return f"drift cannot be told: {rows} new rows, and {self.thresholds.min_rows} are the least"
        moved = sorted((f for f in self.measured if f.drifted), key=lambda f: -f.nearer)
        if moved:
            return f"drift in {len(moved)} of {len(self.measured)}: {'; '.join(f.summary() for f in moved)}"
        largest = max(self.measured, key=lambda f: f.nearer)
        return (
            f"no drift in {len(self.measured)} of {len(self.features)} watched; the most: {largest.summary()}"
        )

    def to_json(self) -> dict[str, Any]:
        """Put it to plain JSON."""
        limits = {
            "alpha": self.thresholds.alpha,
            "psi": self.thresholds.psi,
            "min_rows": self.thresholds.min_rows,
        }
        features = [feature.to_json() for feature in self.features]
        return {"drifted": self.drifted, "said": self.summary(), "thresholds": limits, "features": features}

    def table(self) -> Table:
        """Draw every feature: rows, PSI, p, and where it moved most."""
        table = Table(title="New rows beside those of training")
        told = ("PSI", "p (Holm)", "moved most", "PSI, p of the latest", "drift")
        for column in ("watched", "rows before", "rows now", *told):
            table.add_column(column)
        for feature in self.features:
            rows = (escape(feature.name), str(feature.before), str(feature.now))
            if feature.overall is None:
                table.add_row(*rows, "", "", "", "", "cannot be told")
                continue
            found = (f"{feature.overall.psi:.3f}", f"{feature.p:.2g}", escape(feature.overall.moved_most()))
            lately = f"{feature.recent.psi:.3f}, {feature.recent.p:.2g}" if feature.recent else ""
            table.add_row(*rows, *found, lately, "yes" if feature.drifted else "no")
        return table


def measure_drift(
    reference: Mapping[str, Any], watched: DriftFeatures, thresholds: DriftSettings
) -> DriftReport:
    """Hold new rows against what `build_reference` kept; what only one of the two knows is left out."""
    found = []
    for name, column in watched.items():
        if name in reference and reference[name]["kind"] == kind_of(column):
            record = reference[name]
            shift, lately = (
                _drift_test(r, column, thresholds.min_rows) for r in (record, record.get(LATEST))
            )
            found.append(FeatureDrift(name, record["rows"], len(column), shift, lately))
    alls, latest = (_corrected(shifts) for shifts in ([f.overall for f in found], [f.recent for f in found]))
    return DriftReport(
        tuple(_judged(*feature, thresholds) for feature in zip(found, alls, latest, strict=True)), thresholds
    )


def _drift_test(record: Mapping[str, Any] | None, column: Ragged | Array, least: int) -> DriftTest | None:
    if record is None or min(record["rows"], len(column), len(values_of(column))) < least:
        return None
    return read_profile(record).compare(column)


def _corrected(shifts: list[DriftTest | None]) -> list[DriftTest | None]:
    corrected = iter(holm([shift.p for shift in shifts if shift is not None]))
    return [None if shift is None else replace(shift, p=next(corrected)) for shift in shifts]


def _judged(
    feature: FeatureDrift, overall: DriftTest | None, recent: DriftTest | None, limits: DriftSettings
) -> FeatureDrift:
    known = [found for found in (overall, recent) if found is not None]
    moved = all(found.p < limits.alpha and found.psi > limits.psi for found in known)
    return replace(feature, overall=overall, recent=recent, drifted=overall is not None and moved)
