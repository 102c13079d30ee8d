"""Metrics as functions of sums of per-example statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Split

SHARE, PERCENT, POSITIVE = (0.0, 1.0), (0.0, 100.0), (0.0, math.inf)
"""Limits of scores."""
GROUP = "group"
"""Optional column of a split, (n,) integers: rows with the same number are one unit of resampling."""


@dataclass(frozen=True)
class Border:
    """How far a score may be from its best value, where hardly a row keeps it from there.

    limits: the smallest and the largest possible value; failed: maps sums (k,) to how far off the score would
    be, by its slope at the best value, if every row failed as badly as one can.
    """

    limits: tuple[float, float]
    failed: Callable[[npt.NDArray[np.float64]], float]


@dataclass(frozen=True)
class Score:
    """A corpus-level metric as a function of sums of per-example statistics.

    statistics: (n, k), one row per example; value: maps sums (..., k) to values (...,). Because every
    metric has this form (F1 from tp, fp, fn; BLEU from n-gram counts; RMSE from squared errors), rows are
    resampled without scoring text again. A row whose statistics are all 0 says nothing about the score and
    does not count, so statistics have no sum that `value` does not use.

    groups: (n,) the unit of resampling of each row: statistics are summed by group, and units are ordered by
    their number; None: every row is a unit of its own. block: number of consecutive units whose errors depend
    on each other (1: independent units). unit: what a unit is, in the singular. limits: smallest and largest
    possible value; None: unbounded. border: for a score on another scale than that of its limits, or
    of which a single row may be off by more than 1 / n. no_interval: why no interval of this score would
    hold its level, or what tells that from the sums (k,) of its rows. nominal: the value that is promised,
    such as the coverage of an interval; None: the better the score, the better.
    """

    name: str
    statistics: npt.NDArray[np.float64]
    value: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    higher_is_better: bool
    signature: str
    block: int = 1
    groups: npt.NDArray[np.int64] | None = None
    unit: str = "row"
    limits: tuple[float, float] | None = None
    border: Border | None = None
    no_interval: str | Callable[[npt.NDArray[np.float64]], str] = ""
    nominal: float | None = None

    def point(self) -> float:
        """Return the metric over all examples."""
        return float(self.value(self.statistics.sum(axis=0)))

    def without_interval(self) -> str:
        """Return why no interval of the score would hold its level; empty if one may."""
        if callable(self.no_interval):
            return self.no_interval(self.statistics.sum(axis=0))
        return self.no_interval

    def each(self) -> npt.NDArray[np.float64]:
        """Return the metric of each example alone: (n,)."""
        return self.value(self.statistics)

    def unit_of_row(self) -> npt.NDArray[np.int64]:
        """Return the index of the unit of each row: (n,)."""
        return unit_of_row(self.groups, len(self.statistics))

    def by_unit(self) -> npt.NDArray[np.float64]:
        """Sum the statistics of each unit: (units, k)."""
        if self.groups is None:
            return self.statistics
        rows = self.unit_of_row()
        sums = np.zeros((int(rows.max(initial=-1)) + 1, self.statistics.shape[1]))
        np.add.at(sums, rows, self.statistics)
        return sums

    def take(self, rows: npt.NDArray[Any]) -> Score:
        """Return the score of the selected rows; rows: indices or a mask (n,)."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, statistics=self.statistics[rows], groups=groups)


def unit_of_row(groups: npt.NDArray[np.int64] | None, rows: int) -> npt.NDArray[np.int64]:
    """Return the index of the unit of each row, counted from 0 in the order of the units: (n,)."""
    if groups is None:
        return np.arange(rows)
    return np.unique(groups, return_inverse=True)[1].reshape(-1).astype(np.int64)


@dataclass(frozen=True)
class Units:
    """What is resampled: the unit of each row, and how units depend on each other.

    groups: (n,), None: every row is a unit of its own; block, unit: as of a Score.
    """

    groups: npt.NDArray[np.int64] | None = None
    block: int = 1
    unit: str = "row"


def units_of(truth: Split) -> Units:
    """Return independent units: the groups of the rows if they have the column `group`, else the rows."""
    if GROUP not in truth.columns:
        return Units()
    return Units(np.asarray(truth.plain(GROUP), np.int64), unit=GROUP)


def in_groups(scores: Sequence[Score], truth: Split) -> list[Score]:
    """Resample by the column `group` of the scored rows, if they have one; groups are independent."""
    units = units_of(truth)
    if units.groups is None:
        return list(scores)
    return [replace(score, groups=units.groups, block=1, unit=units.unit) for score in scores]


def named(scores: Sequence[Score], name: str) -> Score:
    """Return the score with the given name."""
    return next(score for score in scores if score.name == name)
