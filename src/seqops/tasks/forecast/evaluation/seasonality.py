"""Whether a series shows a season."""

from __future__ import annotations

import numpy as np

from seqops.tasks.forecast.evaluation.methods import Floats

NORMAL_90 = 1.645
"""The two-sided 90 % point of the normal distribution."""


def shows_season(past: Floats, season: int) -> bool:
    """Test the autocorrelation of the differences at the season's lag at 90 %, with three seasons or more.

    The limit is that of the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020, appendix A), by
    Bartlett's formula. Differences, since a series that wanders is autocorrelated at every lag.
    """
    x = np.diff(past)
    if season < 2 or len(past) < 3 * season or np.ptp(x) == 0:
        return False
    x = x - x.mean()
    r = np.array([x[lag:] @ x[: len(x) - lag] for lag in range(1, season + 1)]) / (x @ x)
    limit = NORMAL_90 * np.sqrt((1 + 2 * np.square(r[:-1]).sum()) / len(x))
    return bool(r[-1] > limit)
