"""Metrics as functions of sums of per-example statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Score:
    """A corpus-level metric as a function of sums of per-example statistics.

    statistics: (n, k), one row per example; value: maps sums (..., k) to values (...,). Because every
    metric has this form (F1 from tp, fp, fn; BLEU from n-gram counts; RMSE from squared errors), the
    bootstrap resamples rows and never re-scores text. block: consecutive examples that are resampled
    together (1: independent examples; more: the moving-block bootstrap for overlapping forecasts).
    """

    name: str
    statistics: npt.NDArray[np.float64]
    value: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    higher_is_better: bool
    signature: str
    block: int = 1

    def point(self) -> float:
        """Return the metric over all examples."""
        return float(self.value(self.statistics.sum(axis=0)))

    def each(self) -> npt.NDArray[np.float64]:
        """Return the metric of each example alone: (n,)."""
        return self.value(self.statistics)
