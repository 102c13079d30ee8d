"""Quantiles at levels that follow the errors of earlier origins: adaptive conformal inference.

Gibbs and Candès 2021, "Adaptive Conformal Inference Under Distribution Shift": where more truths than
intended are below a quantile, its level falls.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.tasks.forecast.model.quantile_calibration import outwards

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NOMINAL = np.array(LEVELS)
GAMMA = 0.2
"""Part of an error that the level is changed by, where the error is a share of very many series."""
NOISE = 9
"""With n truths in a period the part is GAMMA n / (n + NOISE): the share of few is noise, mostly."""
MANY = 100
"""Origins from which on a series has levels of its own."""
LOWEST = 0.0001
"""The lowest level; the highest is 1 less it."""


def adapted(quantiles: Floats, truth: Floats, series: Integers, periods: Integers) -> Floats:
    """Return the quantiles at levels that follow the errors that are known at each origin: (n, H, V, Q).

    quantiles: (n, H, V, Q); truth: (n, H, V), NaN where unknown; series: (n,); periods: (n,) of the first
    target. Series with few origins share levels, which then follow the share of them that is below. Nothing
    changes where each series has one origin.
    """
    _, number, counts = np.unique(series, return_inverse=True, return_counts=True)
    if counts.max(initial=0) <= 1:
        return quantiles
    groups = np.where(counts[number] >= MANY, number, -1)
    found = quantiles.copy()
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        found[rows] = _follow(quantiles[rows], truth[rows], periods[rows])
    return outwards(found)


def _follow(quantiles: Floats, truth: Floats, periods: Integers) -> Floats:
    """Adapt the quantiles of rows that share their levels."""
    found, steps = np.empty_like(quantiles), quantiles.shape[1]
    levels = np.broadcast_to(NOMINAL, quantiles.shape[1:]).copy()
    origins: list[int] = []
    changes: list[Floats] = []
    used = np.zeros(steps, np.int64)
    for period in np.unique(periods):
        for step in range(steps):
            # the truth of a step is known after its own period
            while used[step] < len(origins) and origins[used[step]] + step < period:
                levels[step] = np.clip(levels[step] + changes[used[step]][step], LOWEST, 1 - LOWEST)
                used[step] += 1
        rows = periods == period
        found[rows] = at_levels(quantiles[rows], levels)
        origins.append(int(period))
        changes.append(_change(truth[rows], found[rows]))
    return found


def _change(truth: Floats, quantiles: Floats) -> Floats:
    """Return what levels (H, V, Q) change by, from the share of truths below their quantiles.

    Nothing changes where no truth is known. The median stays.
    """
    known = np.isfinite(truth)[..., None]
    count = known.sum(axis=0)
    below = ((truth[..., None] < quantiles) & known).sum(axis=0) / np.maximum(count, 1)
    gamma = GAMMA * count / (count + NOISE)
    return np.where(NOMINAL != 0.5, gamma * (NOMINAL - below), 0.0)


def at_levels(quantiles: Floats, levels: Floats) -> Floats:
    """Return the quantiles at other levels (H, V, Q): (n, H, V, Q).

    Between the levels, and beyond the outermost ones, they are on lines over quantiles of the normal
    distribution.
    """
    z, wanted = ndtri(NOMINAL), ndtri(levels)
    left = np.clip(np.searchsorted(z, wanted, side="right") - 1, 0, len(z) - 2)
    share = (wanted - z[left]) / (z[left + 1] - z[left])
    places = np.broadcast_to(left, quantiles.shape)
    low = np.take_along_axis(quantiles, places, axis=-1)
    high = np.take_along_axis(quantiles, places + 1, axis=-1)
    found: Floats = low + share * (high - low)
    return found
