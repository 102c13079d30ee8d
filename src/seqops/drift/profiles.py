"""Profiles of numeric and categorical samples, with which later samples are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Array, Ragged
from seqops.drift.two_sample_tests import (
    Counts,
    chi2_pvalue,
    effect_below,
    effect_on_shares,
    ks_pvalue,
    psi,
    rare,
)
from seqops.metrics.rounding import rounded

Floats = npt.NDArray[np.float64]
DECILES = np.arange(1, 10) / 10
MAX_POINTS = 500
"""Largest number of values that a numeric profile keeps."""
MAX_CATEGORIES = 50
"""Largest number of categories that are counted one by one, the most frequent; the others are pooled."""
OTHER = "(other)"


@dataclass(frozen=True)
class DriftTest:
    """A comparison of two samples: PSI, p-value, and the cell with the largest shift and its shares.

    chance_psi: the PSI expected if nothing has changed, (C - 1)(1 / n + 1 / m) for C cells and effective
    sample sizes n and m (Yurdakul and Naranjo 2020).
    """

    psi: float
    chance_psi: float
    p: float
    cell: str
    before: float
    now: float

    def largest_shift(self) -> str:
        """Format the largest shift: cell, share before, share now."""
        return f"{self.cell}: {self.before:.1%} -> {self.now:.1%}"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values without the p-value, which the caller corrects for multiple testing."""
        moved = {"cell": self.cell, "before": rounded(self.before), "now": rounded(self.now)}
        return {"psi": rounded(self.psi), "psi_by_chance": rounded(self.chance_psi), "moved": moved}


@dataclass(frozen=True)
class NumericProfile:
    """Statistics of a numeric sample.

    rows, values: numbers of them; effect: design effect of values grouped in rows; edges: deciles, each the
    upper bound of its cell, and one just below each decile that a tenth of the values equal; counts:
    (edges + 1,); points: at most `MAX_POINTS` values, evenly spaced in the sorted sample.
    """

    rows: int
    values: int
    effect: float
    edges: list[float]
    counts: list[int]
    points: list[float]

    @classmethod
    def from_sample(cls, column: Ragged | Array) -> NumericProfile:
        """Compute the profile of a sample."""
        ordered = np.sort(values_of(column).astype(np.float64))
        deciles = np.unique(np.quantile(ordered, DECILES, method="inverted_cdf"))
        equal = np.searchsorted(ordered, deciles, "right") - np.searchsorted(ordered, deciles)
        # a value that a tenth of the sample equals gets its own cell, also in samples of zeros and ones
        edges = np.union1d(deciles, np.nextafter(deciles[10 * equal >= len(ordered)], -np.inf))
        counts, effect = _binned(column, edges)
        picked = ((np.arange(min(len(ordered), MAX_POINTS)) + 0.5) * len(ordered) / MAX_POINTS).astype(
            np.int64
        )
        points = ordered[picked] if len(ordered) > MAX_POINTS else ordered
        return cls(len(column), len(ordered), effect, edges.tolist(), counts.tolist(), points.tolist())

    def compare(self, column: Ragged | Array) -> DriftTest:
        """Compare another sample with this one: PSI over the cells, and p of two tests by Bonferroni.

        Kolmogorov-Smirnov detects shifts but hardly a change of spread; chi-squared over the cells does.
        """
        before, (counts, effect) = np.array(self.counts), _binned(column, np.array(self.edges))
        values = values_of(column).astype(np.float64)
        # the kept points represent the sample, so its effective size is at most their number
        size = min(self.values / self.effect, len(self.points))
        shift = ks_pvalue(np.array(self.points), values, size, len(values) / effect)
        spread = chi2_pvalue(before / self.effect, counts / effect)
        sizes = (self.values / self.effect, len(values) / effect)
        return _drift_test(before, counts, self._cells(), sizes, min(1.0, 2 * min(shift, spread)))

    def _cells(self) -> list[str]:
        alone = {high for low, high in pairwise(self.edges) if np.nextafter(low, np.inf) == high}
        return [_cell(low, high, alone) for low, high in pairwise([-np.inf, *self.edges, np.inf])]


def _cell(low: float, high: float, alone: set[float]) -> str:
    """Describe the cell between two edges; alone: values that have a cell of their own."""
    if high in alone:
        return f"{high:.4g}"
    after = float(np.nextafter(high, np.inf))
    words = [
        f"over {low:.4g}" if low > -np.inf else "",
        f"below {after:.4g}" if after in alone else f"up to {high:.4g}" if high < np.inf else "",
    ]
    return " and ".join(word for word in words if word)


@dataclass(frozen=True)
class CategoricalProfile:
    """Statistics of a categorical sample; counts: the most frequent by name, all others together."""

    rows: int
    values: int
    effect: float
    counts: dict[str, int]

    @classmethod
    def from_sample(cls, column: Ragged | Array) -> CategoricalProfile:
        """Compute the profile of a sample."""
        found = Counter(values_of(column).tolist())
        names = sorted(found, key=lambda name: (-found[name], name))[:MAX_CATEGORIES]
        counts, effect = _tallied(column, names)
        named = dict(zip([*names, OTHER], counts.tolist(), strict=True))
        return cls(len(column), int(counts.sum()), effect, named)

    def compare(self, column: Ragged | Array) -> DriftTest:
        """Compare another sample with this one by PSI and chi-squared; rare categories are pooled."""
        names = [*sorted(set(self.counts) - {OTHER}), OTHER]
        before = np.array([self.counts[name] for name in names])
        now, effect = _tallied(column, names[:-1])
        pool = rare(before / self.effect, now / effect)
        alone = np.setdiff1d(np.flatnonzero(before + now), pool)
        cells = [names[cell] for cell in alone] + [OTHER] * bool(len(pool))
        before, now = (np.append(c[alone], c[pool].sum())[: len(cells)] for c in (before, now))
        sizes = (self.values / self.effect, now.sum() / effect)
        return _drift_test(before, now, cells, sizes, chi2_pvalue(before / self.effect, now / effect))


KINDS: dict[str, type[NumericProfile] | type[CategoricalProfile]] = {
    "numbers": NumericProfile,
    "categories": CategoricalProfile,
}


def kind_of(column: Ragged | Array) -> str:
    """Return `categories` for a sample of text, else `numbers`."""
    return "categories" if values_of(column).dtype.kind == "U" else "numbers"


def describe_sample(column: Ragged | Array) -> dict[str, Any]:
    """Return the profile of a sample as JSON values."""
    kind = kind_of(column)
    return {"kind": kind, **asdict(KINDS[kind].from_sample(column))}


def read_profile(document: Mapping[str, Any]) -> NumericProfile | CategoricalProfile:
    """Rebuild a profile from what `describe_sample` returned."""
    kind = KINDS[document["kind"]]
    stored = {field.name: document[field.name] for field in fields(kind) if field.name in document}
    return kind(**stored)


def _drift_test(
    before: Counts, now: Counts, cells: list[str], sizes: tuple[float, float], p: float
) -> DriftTest:
    """Compare counts (C,) of two samples; sizes: their effective sizes."""
    added = psi(before, now)
    largest = int(np.argmax(added))
    shares = (float(counts[largest] / counts.sum()) for counts in (before, now))
    by_chance = (np.count_nonzero(before + now) - 1) * sum(1 / size for size in sizes)
    return DriftTest(float(added.sum()), float(by_chance), p, cells[largest], *shares)


def values_of(column: Ragged | Array) -> Array:
    """Return the values of a sample, flattened if ragged: (N,)."""
    return column.values if isinstance(column, Ragged) else column


def _binned(column: Ragged | Array, edges: Floats) -> tuple[Counts, float]:
    """Count numbers by cell, upper edges included; return the counts and the design effect."""
    cells = np.searchsorted(edges, values_of(column), side="left")
    if not isinstance(column, Ragged):
        return np.bincount(cells, minlength=len(edges) + 1), 1.0
    rows = _by_row(column, cells, len(edges) + 1)
    return rows.sum(axis=0), effect_below(rows)


def _tallied(column: Ragged | Array, names: list[str]) -> tuple[Counts, float]:
    """Count categories by name, all others last; return the counts and the design effect."""
    distinct, inverse = np.unique(values_of(column), return_inverse=True)
    index = {name: cell for cell, name in enumerate(names)}
    cells = np.array([index.get(name, len(names)) for name in distinct.tolist()], np.int64)[inverse]
    if not isinstance(column, Ragged):
        return np.bincount(cells, minlength=len(names) + 1), 1.0
    rows = _by_row(column, cells, len(names) + 1)
    return rows.sum(axis=0), effect_on_shares(rows)


def _by_row(column: Ragged, cells: Array, size: int) -> Counts:
    """Count the values of each row by cell: (R, C)."""
    row = np.repeat(np.arange(len(column)), column.lengths)
    return np.bincount(row * size + cells, minlength=len(column) * size).reshape(len(column), size)
