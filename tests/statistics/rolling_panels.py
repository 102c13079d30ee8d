"""Simulated rolling backtests of many series, whose values vary otherwise from some period on."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from seqops.metrics.quantile_forecasts import INTERVALS, LEVELS
from seqops.tasks.forecast.model.adaptive_levels import adapted

QUANTILES = ndtri(np.array(LEVELS))


@dataclass(frozen=True)
class RollingPanel:
    """Series of white noise whose quantiles are right up to a third of the test rows.

    rows: of the test; step: rows between origins; change: of the deviation in the last two thirds.
    """

    count: int
    rows: int
    horizon: int
    step: int
    change: float

    def covered(self, generator):
        """Draw it once; return the shares in 80 and 95 % intervals, fixed and adapted: (2, 2)."""
        origins = np.arange(0, self.rows, self.step)
        deviation = np.where(np.arange(self.rows) < self.rows // 3, 1.0, self.change)
        values = np.full((self.count, self.rows + self.horizon), np.nan)
        values[:, : self.rows] = deviation * generator.normal(size=(self.count, self.rows))
        truth = values[:, origins[:, None] + np.arange(self.horizon)]
        truth = truth.reshape(-1, self.horizon, 1)
        fixed = np.broadcast_to(QUANTILES, (*truth.shape, len(LEVELS)))
        series, periods = np.repeat(np.arange(self.count), len(origins)), np.tile(origins, self.count)
        return np.array([_shares(truth, q) for q in (fixed, adapted(fixed, truth, series, periods))])


def _shares(truth, quantiles):
    known = np.isfinite(truth)
    ends = [[quantiles[..., LEVELS.index(level)] for level in pair] for pair in INTERVALS.values()]
    return [((low <= truth) & (truth <= high))[known].mean() for low, high in ends]


CASES = {
    "200 series, 36 rows, 12 steps, no change": RollingPanel(200, 36, 12, 1, 1.0),
    "200 series, 36 rows, 12 steps, deviation x 1.5": RollingPanel(200, 36, 12, 1, 1.5),
    "200 series, 36 rows, 12 steps, deviation x 0.67": RollingPanel(200, 36, 12, 1, 0.67),
    "200 series, 60 rows, 6 steps, 3 apart, deviation x 1.5": RollingPanel(200, 60, 6, 3, 1.5),
    "20 series, 36 rows, 1 step, no change": RollingPanel(20, 36, 1, 1, 1.0),
    "20 series, 36 rows, 1 step, deviation x 1.5": RollingPanel(20, 36, 1, 1, 1.5),
    "3 series, 36 rows, 1 step, no change": RollingPanel(3, 36, 1, 1, 1.0),
    "5 series, 300 rows, 1 step, no change": RollingPanel(5, 300, 1, 1, 1.0),
    "5 series, 300 rows, 1 step, deviation x 1.5": RollingPanel(5, 300, 1, 1, 1.5),
}


def coverage(case, count):
    """Return the coverage of `count` draws and its standard error: fixed and adapted, each (2,)."""
    generator = np.random.default_rng(0)
    found = np.array([CASES[case].covered(generator) for _ in range(count)])
    return found.mean(axis=0), found.std(axis=0) / np.sqrt(count)
