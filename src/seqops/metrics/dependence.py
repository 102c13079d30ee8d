"""Standard errors of means of dependent units in order, with fixed-b critical values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def cosine_terms(units: int, block: int) -> int:
    """Return the number of cosines of the variance estimate, which is its degrees of freedom.

    0.41 T^(2/3) is optimal for the test (Lazarus, Lewis, Stock and Watson 2018, section 3); fewer keep every
    period longer than the four blocks in which forecasts overlap, where the errors look independent.
    """
    return max(1, min(int(0.41 * units ** (2 / 3)), units // (2 * block)))


def long_run_error(centred: Floats, terms: int) -> float:
    """Return the standard error of a sum of dependent influences (units,) from `terms` cosines.

    Equal-weighted cosine estimator: the mean square of the projections on cosines of the lowest frequencies
    (Mueller 2004; Lazarus et al. 2018, equation 9). A ratio to it has a t distribution with `terms` degrees
    of freedom, also for the loss differences of forecasts (Coroneo and Iacone 2020).
    """
    n = len(centred)
    moments = np.arange(n) + 0.5
    cosines = np.sqrt(2 / n) * np.cos(np.pi * np.arange(1, terms + 1)[:, None] * moments / n)
    return float(np.sqrt(n * np.mean(np.square(cosines @ centred))))


def t_quantile(terms: float, level: float = 0.975) -> float:
    """Return a quantile of the t distribution; terms: its degrees of freedom."""
    return float(stats.t.ppf(level, terms))


def t_tails(ratio: float, terms: int) -> tuple[float, float]:
    """Return the probabilities of a larger and of a smaller t than `ratio`."""
    return float(stats.t.sf(ratio, terms)), float(stats.t.cdf(ratio, terms))
