"""Limits of a share that few units decide, where a bootstrap would repeat those few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Floats = npt.NDArray[np.float64]
FEW = 20
"""Effective number of units below which a bootstrap of a share is too narrow."""
ALPHA, NEGLIGIBLE = 0.05, 1e-9


def share_limits(parts: Floats, largest: float = 0.0, worst: float = 0.0) -> tuple[float, float]:
    """Return the 95 % limits of a share that is the sum of the parts of independent units: (units,).

    largest: smallest value for the part of a unit that is not among them; worst: what it may be at most, if
    that is more than any part that was seen. After n events the next one counts as the worst with the weight
    1 / (n + 1) (rule of succession).

    Mid-p interval of Clopper and Pearson (1934; Lancaster 1961) if each part is 0 or 1 / n. Otherwise units
    count by their size, as in the limits of weighted sums of Fay and Feuer (1997), of which the upper one
    allows for one more unit of the largest size. A share of 0 in n units is at most 1 - 0.05^(1/n).
    """
    share, squares = float(parts.sum()), float(np.square(parts).sum())
    if share < NEGLIGIBLE:
        share = squares = 0.0
    more = max(float(parts.max()), largest) if share > 0 else largest or 1 / len(parts)
    events = share**2 / squares if share > 0 else 0.0
    more += max(worst - more, 0.0) / (events + 1)
    below = _beta(share, squares) if share > 0 else None
    above = _beta(share + more, squares + more**2)

    def tail(limit: float) -> float:
        lower = 1.0 if below is None else float(special.betainc(*below, limit))
        return 0.5 * (lower + float(special.betainc(*above, limit)))

    return _root(tail, ALPHA / 2), _root(tail, 1 - ALPHA / 2)


def difference_limits(parts: Floats, worst: float = 0.0) -> tuple[float, float]:
    """Return the 95 % limits of a sum of gains and losses of independent units: (units,), from their limits.

    worst: as of `share_limits`. Method of variance estimates recovery (Zou and Donner 2008, equation 5).
    """
    gains, losses = np.maximum(parts, 0.0), np.maximum(-parts, 0.0)
    gain, loss = float(gains.sum()), float(losses.sum())
    largest = float(np.abs(parts).max())
    (gain_low, gain_high), (loss_low, loss_high) = (share_limits(x, largest, worst) for x in (gains, losses))
    low = gain - loss - np.hypot(gain - gain_low, loss_high - loss)
    high = gain - loss + np.hypot(gain_high - gain, loss - loss_low)
    return float(low), float(high)


def _beta(share: float, squares: float) -> tuple[float, float]:
    """Return the parameters of the beta distribution of a limit: events, and other units plus one."""
    number = share / squares
    events = min(number * share, number)
    return events, number - events + 1


def _root(tail: Callable[[float], float], level: float) -> float:
    """Return where an increasing function of [0, 1] reaches the level."""
    if tail(0.0) >= level:
        return 0.0
    return 1.0 if tail(1.0) <= level else float(optimize.brentq(lambda x: tail(x) - level, 0.0, 1.0))
