"""The states of exponential smoothing, of many series at a time (Hyndman et al. 2008, table 2.2 and 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqops.tasks.forecast.model.local.panel import Floats, Panel

Trend = Literal["N", "A", "Ad"]
Season = Literal["N", "A", "M"]


@dataclass(frozen=True)
class Smoothing:
    """Coefficients of each series, in the shape of its level: (n,), or (n, 1) for paths of it."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    phi: Floats

    def of(self, columns: slice | npt.NDArray[np.intp]) -> Smoothing:
        """Return the coefficients of some series."""
        return Smoothing(self.alpha[columns], self.beta[columns], self.gamma[columns], self.phi[columns])

    def for_paths(self) -> Smoothing:
        """Return the coefficients of paths of each series: (n, 1)."""
        return Smoothing(*(x[:, None] for x in (self.alpha, self.beta, self.gamma, self.phi)))


@dataclass(frozen=True)
class States:
    """Level (n,), slope (n,) and the index of each place in the season (m, n), by the row modulo m."""

    level: Floats
    slope: Floats
    seasonal: Floats

    def for_paths(self, paths: int) -> States:
        """Return the states once for each path: (n, paths) and (m, n, paths)."""
        level, slope, seasonal = (
            np.repeat(x[..., None], paths, axis=-1) for x in (self.level, self.slope, self.seasonal)
        )
        return States(level, slope, seasonal)


@dataclass(frozen=True)
class Kind:
    """How trend and season enter; the error is a matter of the likelihood and of simulated paths alone."""

    trend: Trend
    season: Season

    def base(self, states: States, smoothing: Smoothing, columns: slice) -> Floats:
        """Return the level one step ahead, without the season."""
        if self.trend == "N":
            return states.level[columns]
        return states.level[columns] + smoothing.phi * states.slope[columns]

    def expected(self, base: Floats, index: Floats) -> Floats:
        """Return the value one step ahead."""
        if self.season == "N":
            return base
        return base + index if self.season == "A" else base * index

    def update(
        self, states: States, smoothing: Smoothing, row: int, columns: slice, base: Floats, error: Floats
    ) -> None:
        """Move the states of some series by the error of their value at a row, in the units of the series."""
        index = states.seasonal[row % len(states.seasonal), columns]
        adjusted = error / index if self.season == "M" else error
        states.level[columns] = base + smoothing.alpha * adjusted
        if self.trend != "N":
            states.slope[columns] *= smoothing.phi
            states.slope[columns] += smoothing.beta * adjusted
        if self.season == "A":
            index += smoothing.gamma * error
        elif self.season == "M":
            index += smoothing.gamma * error / base


def run(kind: Kind, panel: Panel, smoothing: Smoothing, states: States) -> tuple[Floats, Floats]:
    """Move the states through the histories; return errors and expected values one step ahead: (T, n).

    Before the first row of a history they are 0 and 1.
    """
    errors, expected = np.zeros(panel.values.shape), np.ones(panel.values.shape)
    counts = np.searchsorted(panel.start, np.arange(len(panel.values)), side="right")
    for row, count in enumerate(counts):
        known = slice(count)
        part = smoothing.of(known)
        base = kind.base(states, part, known)
        index = states.seasonal[row % len(states.seasonal), known]
        expected[row, known] = kind.expected(base, index)
        errors[row, known] = panel.values[row, known] - expected[row, known]
        kind.update(states, part, row, known, base, errors[row, known])
    return errors, expected
