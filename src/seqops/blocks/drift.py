"""Drift: do new rows look like those that a model was trained on?

Something has drifted where the shift is both beyond chance and large: with many rows every difference is
beyond chance, with few every difference is large. The p-values are corrected by Holm, because the verdict
is about all that is watched: one false alarm among them is a false alarm. Values inside a row (the tags of a
sentence) are not independent; their number is divided by the design effect before it is tested.

Written on scipy, which is here already: a library of the field would bring the same two-sample tests, its
dashboards and many dependencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rich.markup import escape
from rich.table import Table

from seqops.blocks.observed import Shift, described, kind_of, restored, values_of
from seqops.blocks.promotion import holm
from seqops.blocks.scores.bootstrap import rounded
from seqops.blocks.thresholds import Thresholds
from seqops.contract import Watched

Reference = dict[str, Any]
"""What `reference` keeps: a record of each thing watched; plain JSON."""


def reference(watched: Watched) -> Reference:
    """Describe training rows by a few hundred numbers each thing watched; plain JSON, no row of theirs."""
    return {name: described(column) for name, column in watched.items() if len(values_of(column))}


@dataclass(frozen=True)
class Feature:
    """How one thing that is watched has moved.

    before, now: rows; shift: None where they are too few to tell; p: corrected for the number of features.
    """

    name: str
    before: int
    now: int
    shift: Shift | None
    p: float = 1.0
    drifted: bool = False

    def said(self) -> str:
        """Say by how much it moved."""
        if self.shift is None:
            return f"{self.name} (too few rows: {self.before} before, {self.now} now)"
        return f"{self.name} (PSI {self.shift.psi:.2f}, p {self.p:.2g}; {self.shift.where()})"

    def document(self) -> dict[str, Any]:
        """Put it to plain JSON."""
        known = {} if self.shift is None else {**self.shift.document(), "p": rounded(self.p)}
        rows = {"rows_before": self.before, "rows_now": self.now}
        return {"name": self.name, **rows, **known, "drifted": self.drifted, "told": self.shift is not None}


@dataclass(frozen=True)
class Drift:
    """How new rows differ from those of training, by everything that is watched of them."""

    features: tuple[Feature, ...]
    thresholds: Thresholds

    @property
    def drifted(self) -> bool:
        """Tell whether anything has drifted."""
        return any(feature.drifted for feature in self.features)

    @property
    def told(self) -> tuple[Feature, ...]:
        """List what there are rows enough of."""
        return tuple(feature for feature in self.features if feature.shift is not None)

    def said(self) -> str:
        """Say it in a line."""
        if not self.told:
            rows = max((feature.now for feature in self.features), default=0)
            return f"drift cannot be told: {rows} new rows, and {self.thresholds.least} are the least"
        moved = sorted((f for f in self.told if f.drifted), key=lambda f: -f.shift.psi if f.shift else 0.0)
        if moved:
            return f"drift in {len(moved)} of {len(self.told)}: {'; '.join(f.said() for f in moved)}"
        largest = max(self.told, key=lambda f: f.shift.psi if f.shift else 0.0)
        return f"no drift in {len(self.told)} of {len(self.features)} watched; the most: {largest.said()}"

    def document(self) -> dict[str, Any]:
        """Put it to plain JSON."""
        limits = {"alpha": self.thresholds.alpha, "psi": self.thresholds.psi, "least": self.thresholds.least}
        features = [feature.document() for feature in self.features]
        return {"drifted": self.drifted, "said": self.said(), "thresholds": limits, "features": features}

    def table(self) -> Table:
        """Draw every feature: rows, PSI, p, and where it moved most."""
        table = Table(title="New rows beside those of training")
        for column in ("watched", "rows before", "rows now", "PSI", "p (Holm)", "moved most", "drift"):
            table.add_column(column)
        for feature in self.features:
            rows = (escape(feature.name), str(feature.before), str(feature.now))
            if feature.shift is None:
                table.add_row(*rows, "", "", "", "cannot be told")
                continue
            found = (f"{feature.shift.psi:.3f}", f"{feature.p:.2g}", escape(feature.shift.where()))
            table.add_row(*rows, *found, "yes" if feature.drifted else "no")
        return table


def measure(reference: Mapping[str, Any], watched: Watched, thresholds: Thresholds) -> Drift:
    """Hold new rows against what `reference` kept; what only one of the two knows is left out."""
    found = []
    for name, column in watched.items():
        if name in reference and reference[name]["kind"] == kind_of(column):
            before = restored(reference[name])
            told = min(before.rows, len(column), len(values_of(column))) >= thresholds.least
            found.append(Feature(name, before.rows, len(column), before.shift(column) if told else None))
    corrected = iter(holm([f.shift.p for f in found if f.shift is not None]))
    judged = [f if f.shift is None else _judged(f, f.shift, next(corrected), thresholds) for f in found]
    return Drift(tuple(judged), thresholds)


def _judged(feature: Feature, shift: Shift, p: float, thresholds: Thresholds) -> Feature:
    return replace(feature, p=p, drifted=p < thresholds.alpha and shift.psi > thresholds.psi)
