"""Widths of prediction intervals from the errors of earlier forecasts: weighted conformal prediction.

Barber et al. 2023, "Conformal prediction beyond exchangeability": recent errors weigh more, so that intervals
follow errors that grow, with a lag of about 20 periods. The errors at all steps are pooled, divided by a
power of the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]
DECAY = 0.95
"""The weight of an error relative to that of the next period: a memory of about 20 periods."""
PERIODS = 100
"""Most recent periods whose errors count; what is older has less than a hundredth of the weight."""


@dataclass(frozen=True)
class PastErrors:
    """Absolute errors by the period that was forecast.

    sizes: (n, H, V), NaN where there was no forecast from that many steps before; ages: (n,) periods since.
    """

    sizes: Floats
    ages: Floats

    @classmethod
    def of_series(cls, errors: Floats, origins: npt.NDArray[np.int64]) -> PastErrors:
        """Sort the errors (n, H, V) from ascending origins (n,) of one series; the last period has age 0.

        The periods are those after the first origin up to the last one with a known error.
        """
        steps = errors.shape[1]
        rows = (origins - origins[0])[:, None] + np.arange(steps)
        sizes = np.full((int(rows.max()) + 1, *errors.shape[1:]), np.nan)
        sizes[rows, np.arange(steps)] = np.abs(errors)
        known = np.flatnonzero(np.isfinite(sizes).any(axis=(1, 2)))
        sizes = sizes[: known[-1] + 1 if len(known) else 0]
        return cls(sizes, np.arange(len(sizes), dtype=np.float64)[::-1])

    def latest(self, count: int = PERIODS) -> PastErrors:
        """Return the most recent periods."""
        rows = np.argsort(self.ages, kind="stable")[:count]
        return PastErrors(self.sizes[rows], self.ages[rows])

    def followed_by(self, later: PastErrors, periods: int) -> PastErrors:
        """Append what became known in the `periods` periods since."""
        sizes = np.concatenate([self.sizes, later.sizes])
        return PastErrors(sizes, np.concatenate([self.ages + periods, later.ages]))

    def until(self, periods: int) -> PastErrors:
        """Return the errors of the first `periods` periods of one series, as known at the end of the last."""
        sizes = self.sizes[max(0, periods - PERIODS) : periods]
        return PastErrors(
            sizes, np.arange(len(sizes), dtype=np.float64)[::-1] + max(0, periods - len(self.sizes))
        )


def half_widths(past: PastErrors, levels: Floats) -> Floats:
    """Return half the widths of the central intervals of ascending levels: (levels, H, V).

    NaN where no error is known.
    """
    columns = range(past.sizes.shape[2])
    return np.stack([_half_widths(past.sizes[:, :, v], past.ages, levels) for v in columns], axis=-1)


def _half_widths(sizes: Floats, ages: Floats, levels: Floats) -> Floats:
    known = np.isfinite(sizes)
    counted = known.any(axis=1)
    sizes, known, ages = sizes[counted], known[counted], ages[counted]
    if not len(sizes):
        return np.full((len(levels), sizes.shape[1]), np.nan)
    period = DECAY ** (ages - ages.min())
    # a period counts once, whatever the number of forecasts of it
    weights = np.where(known, (period / known.sum(axis=1))[:, None], 0.0)
    growth = _growth(sizes, weights)
    effective = float(period.sum() ** 2 / np.square(period).sum())
    return _quantiles((sizes / growth)[known], weights[known], effective, levels)[:, None] * growth


def _growth(sizes: Floats, weights: Floats) -> Floats:
    """Return the size of errors at each step relative to that at the first: (H,).

    A power of the step, fitted to the steps that half of the periods have an error of; beyond those, the
    error grows at least like that of a random walk, with the root of the step.
    """
    known = np.isfinite(sizes).sum(axis=0)
    last = int(np.flatnonzero(known >= len(sizes) / 2).max(initial=0)) + 1
    exponent = _exponent(sizes[:, :last], weights[:, :last])
    steps = np.arange(1.0, sizes.shape[1] + 1)
    beyond = np.maximum(steps / last, 1.0) ** max(exponent, 0.5)
    return np.asarray(np.minimum(steps, last) ** exponent * beyond, np.float64)


def _exponent(sizes: Floats, weights: Floats) -> float:
    """Fit the mean absolute error as a power of the step, between constant (0) and proportional (1)."""
    total = weights.sum(axis=0)
    means = np.nansum(weights * sizes, axis=0) / np.where(total > 0, total, 1.0)
    used = means > 0
    if used.sum() < 2:
        return 0.0
    steps = np.log(np.arange(1, len(means) + 1))[used]
    slope = np.polyfit(steps, np.log(means[used]), 1, w=np.sqrt(total[used]))[0]
    return float(np.clip(slope, 0.0, 1.0))


def _quantiles(scores: Floats, weights: Floats, effective: float, levels: Floats) -> Floats:
    """Return the conformal quantiles of weighted scores that count as `effective` equal ones (Kish 1965).

    The quantile of n scores has rank (n + 1) level. Where that is more than n, there is none: it is that of
    Student's t with n degrees of freedom times the root mean square, and at least the largest score.
    """
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    reached = np.cumsum(weights[order]) / weights.sum() * effective
    needed = (effective + 1) * levels
    # the last score reaches all of `effective`, but for rounding
    places = np.minimum(np.searchsorted(reached, needed - 1e-9), len(ranked) - 1)
    scale = np.sqrt((weights * np.square(scores)).sum() / weights.sum())
    beyond = np.maximum(scale * stdtrit(effective, (1 + levels) / 2), ranked[-1])
    return np.where(needed <= effective, ranked[places], beyond)
