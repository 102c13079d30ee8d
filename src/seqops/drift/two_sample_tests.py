"""Two-sample tests and effect sizes: PSI, Kolmogorov-Smirnov, chi-squared, design effects."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2_contingency, ks_2samp, kstwo

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
MIN_EXPECTED = 5.0
"""Smallest expected count of a cell of its own in a chi-squared test (Cochran 1954)."""


def psi(before: Floats | Counts, now: Floats | Counts) -> Floats:
    """Return the contribution of each cell to the population stability index: (C,); before, now: counts (C,).

    The sum over cells of (q - p) ln(q / p) (Siddiqi 2006, Credit Risk Scorecards). Half a count is added to
    every cell, so that none is empty, and a cell that is empty in both adds nothing. If nothing has
    changed, the expected sum is still about (C - 1)(1 / n + 1 / m) (Yurdakul and Naranjo 2020).
    """
    used = (before + now) > 0
    p, q = (np.where(used, counts + 0.5, 0.0) for counts in (before, now))
    p, q = p / p.sum(), q / q.sum()
    added: Floats = np.zeros(len(p))
    added[used] = (q[used] - p[used]) * np.log(q[used] / p[used])
    return added


def ks_pvalue(before: Floats, now: Floats, n: float, m: float) -> float:
    """Return the two-sided p-value of the two-sample Kolmogorov-Smirnov test (Smirnov 1948).

    n, m: effective sample sizes. With ties the test is conservative.
    """
    distance = ks_2samp(before, now, method="asymp").statistic
    return float(kstwo.sf(distance, max(1, round(n * m / (n + m)))))


def chi2_pvalue(before: Floats, now: Floats) -> float:
    """Return the p-value of Pearson's chi-squared test of equal shares; counts (C,), rare cells pooled."""
    pool = rare(before, now)
    alone = np.setdiff1d(np.flatnonzero(before + now), pool)
    before, now = (np.append(c[alone], [c[pool].sum()] * bool(len(pool))) for c in (before, now))
    if len(before) < 2:
        return 1.0
    return float(chi2_contingency(np.stack([before, now]), correction=False).pvalue)


def rare(before: Floats, now: Floats) -> npt.NDArray[np.intp]:
    """Return the indices of the cells to pool, so that every other cell has a sufficient expected count.

    Cells that are empty in both samples are left out.
    """
    total = before + now
    order = np.argsort(total, kind="stable")[int((total == 0).sum()) :]
    expected = total[order] * min(before.sum(), now.sum()) / total.sum()
    n_pooled = int((expected < MIN_EXPECTED).sum())
    while 0 < n_pooled < len(order) and expected[:n_pooled].sum() < MIN_EXPECTED:
        n_pooled += 1
    return order[:n_pooled]


def effect_on_shares(rows: Counts) -> float:
    """Return the design effect of the shares of categories; rows: counts (R, C) in each row.

    Values of one row are correlated; the design effect is the number of values divided by the effective
    sample size. A test takes the counts divided by it (Rao and Scott 1992; the mean over the categories as
    in Rao and Scott 1981). 1 if every row holds one value.
    """
    shares, variances, total = _spread(rows, rows.sum(axis=1))
    present = shares > 0
    if present.sum() < 2:
        return 1.0
    return max(1.0, float(total * (variances[present] / shares[present]).sum() / (present.sum() - 1)))


def effect_below(rows: Counts) -> float:
    """Return the largest design effect of the cumulative distribution function; rows: counts (R, C)."""
    below, variances, total = _spread(rows.cumsum(axis=1), rows.sum(axis=1))
    within = (below > 0) & (below < 1)
    if not within.any():
        return 1.0
    return max(1.0, float((total * variances[within] / (below[within] * (1 - below[within]))).max()))


def _spread(counts: Counts, sizes: Counts) -> tuple[Floats, Floats, int]:
    """Return shares (C,), their variances between rows (C,), and the number of values."""
    total = int(sizes.sum())
    shares = counts.sum(axis=0) / total
    residuals = counts - sizes[:, None] * shares
    correction = len(sizes) / max(len(sizes) - 1, 1)
    return shares, correction * (residuals**2).sum(axis=0) / total**2, total
