"""How far one sample lies from another, and whether chance explains it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2_contingency, ks_2samp, kstwo

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
EXPECTED = 5.0
"""Of a cell that stands alone in a chi-squared test (Cochran 1954)."""


def psi(before: Floats | Counts, now: Floats | Counts) -> Floats:
    """Return what each cell adds to the population stability index: (C,); before, now: counts (C,).

    The sum over cells of (q - p) ln(q / p) (Siddiqi 2006, Credit Risk Scorecards). Half a count is added to
    every cell, so that none is empty, and a cell that is empty in both adds nothing. Where nothing has
    changed, the sum is about (C - 1)(1 / n + 1 / m) all the same (Yurdakul and Naranjo 2020).
    """
    used = (before + now) > 0
    p, q = (np.where(used, counts + 0.5, 0.0) for counts in (before, now))
    p, q = p / p.sum(), q / q.sum()
    added: Floats = np.zeros(len(p))
    added[used] = (q[used] - p[used]) * np.log(q[used] / p[used])
    return added


def ks_pvalue(before: Floats, now: Floats, n: float, m: float) -> float:
    """Test whether two samples are of one distribution (Smirnov 1948); p, two-sided.

    n, m: as many independent values they are worth. With ties the test is conservative.
    """
    distance = ks_2samp(before, now, method="asymp").statistic
    return float(kstwo.sf(distance, max(1, round(n * m / (n + m)))))


def chi2_pvalue(before: Floats, now: Floats) -> float:
    """Test by Pearson's chi-squared whether counts (C,) have the same shares, rare cells together; p."""
    pool = rare(before, now)
    alone = np.setdiff1d(np.flatnonzero(before + now), pool)
    before, now = (np.append(c[alone], [c[pool].sum()] * bool(len(pool))) for c in (before, now))
    if len(before) < 2:
        return 1.0
    return float(chi2_contingency(np.stack([before, now]), correction=False).pvalue)


def rare(before: Floats, now: Floats) -> npt.NDArray[np.intp]:
    """Name the cells that must be taken together, so that each left is expected often enough in both.

    Cells that are empty in both are left out.
    """
    total = before + now
    order = np.argsort(total, kind="stable")[int((total == 0).sum()) :]
    expected = total[order] * min(before.sum(), now.sum()) / total.sum()
    few = int((expected < EXPECTED).sum())
    while 0 < few < len(order) and expected[:few].sum() < EXPECTED:
        few += 1
    return order[:few]


def effect_on_shares(rows: Counts) -> float:
    """Return the design effect of the shares of categories; rows: counts (R, C) in each row.

    Values of one row are alike, and so worth fewer than as many independent ones: as many fewer times as
    this says. Counts divided by it go into a test as they are (Rao and Scott 1992; the mean over the
    categories as in Rao and Scott 1981). 1 where a row holds one value.
    """
    shares, variances, total = _spread(rows, rows.sum(axis=1))
    held = shares > 0
    if held.sum() < 2:
        return 1.0
    return max(1.0, float(total * (variances[held] / shares[held]).sum() / (held.sum() - 1)))


def effect_below(rows: Counts) -> float:
    """Return the design effect of a distribution function, where it is greatest; rows: counts (R, C)."""
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
