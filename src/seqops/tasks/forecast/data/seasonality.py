"""Whether a series shows a season, and the lag of the differences that suit it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
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


def wanders(past: Floats) -> bool:
    """Return whether the differences vary less than the values, as of a trend or a random walk."""
    return len(past) > 2 and bool(np.std(np.diff(past)) < np.std(past))


def suited_lag(pasts: Sequence[Floats], season: int, window: int) -> int:
    """Return the lag of the differences that suit most series (T,): the season, 1, or 0 for none.

    A window holds no difference of a lag that is not below it.
    """

    def most(found: Callable[[Floats], bool]) -> bool:
        return 2 * sum(map(found, pasts)) > len(pasts)

    if season < window and most(lambda past: shows_season(past, season)):
        return season
    return int(window > 1 and most(wanders))
