"""Calibration errors: whether predictions of a confidence are right as often as it says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlogy

from seqops.core.score import SHARE, Score
from seqops.metrics.ratio import divide

Floats = npt.NDArray[np.float64]
BINS = 15
"""Bins of equal width, as in Guo et al. 2017."""
NO_INTERVAL = "no interval: none holds its level where the model is well calibrated"


def calibration_scores(confidence: Floats, correct: npt.NDArray[np.bool_]) -> list[Score]:
    """Score the confidence (n,) of predictions that are correct or not (n,).

    The expected calibration error (ECE) is biased upwards: with few rows, a perfectly calibrated model has a
    large one, so that the value expected of such a model is given with it, and a debiased error.
    """
    bins = confidence_bins(confidence, correct)
    measures = {
        "ece": (calibration_error, f"expected calibration error, {BINS} bins of equal width"),
        "ece_by_chance": (
            error_by_chance,
            "the ECE that a perfectly calibrated model would have on these rows",
        ),
        "calibration_rmse": (
            debiased_rmse,
            f"root mean squared calibration error, debiased, {BINS} bins of equal width",
        ),
    }
    return [
        Score(name, bins, value, False, what, limits=SHARE, no_interval=NO_INTERVAL)
        for name, (value, what) in measures.items()
    ]


def confidence_bins(confidence: Floats, correct: npt.NDArray[np.bool_]) -> Floats:
    """Return each row's count, confidence and correctness in the bin of its confidence: (n, 3 * BINS).

    A bin includes its upper edge (Naeini et al. 2015).
    """
    index = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    rows = np.arange(len(confidence))
    bins = np.zeros((len(confidence), 3, BINS))
    for kind, values in enumerate((np.ones(len(rows)), confidence, correct.astype(np.float64))):
        bins[rows, kind, index] = values
    return bins.reshape(len(confidence), 3 * BINS)


def calibration_error(sums: Floats) -> Floats:
    """Return the expected calibration error of bins (..., 3 * BINS) (Guo et al. 2017, equation 3)."""
    counts, confidences, hits = _bins(sums)
    return divide(np.abs(confidences - hits).sum(-1), counts.sum(-1))


def error_by_chance(sums: Floats) -> Floats:
    """Return the mean ECE of a perfectly calibrated model with bins (..., 3 * BINS).

    If the confidences of a bin are equal, its number of hits is binomial, with a mean absolute deviation of
    2 m C(n, m) p^m (1 - p)^(n - m + 1), m = floor(n p) + 1 (de Moivre; Diaconis and Zabell 1991).
    """
    counts, confidences, _ = _bins(sums)
    p = np.clip(divide(confidences, counts), 0.0, 1.0)
    m = np.minimum(np.floor(confidences) + 1, counts)
    logs = (
        gammaln(counts + 1)
        - gammaln(m + 1)
        - gammaln(counts - m + 1)
        + xlogy(m, p)
        + xlogy(counts - m + 1, 1 - p)
    )
    return divide((2 * m * np.exp(logs)).sum(-1), counts.sum(-1))


def debiased_rmse(sums: Floats) -> Floats:
    """Return the root of the debiased mean squared calibration error of bins (..., 3 * BINS); 0 if negative.

    From each squared difference the sampling variance of the share of hits is subtracted (Kumar et al. 2019,
    definition 4.1). Bins of one row are left out.
    """
    counts, confidences, hits = _bins(sums)
    used = counts > 1
    counts, confidences, hits = (np.where(used, part, 0.0) for part in (counts, confidences, hits))
    share = divide(hits, counts)
    squared = (divide(confidences, counts) - share) ** 2 - divide(share * (1 - share), counts - 1)
    return np.sqrt(np.maximum(divide((counts * squared).sum(-1), counts.sum(-1)), 0.0))


def _bins(sums: Floats) -> tuple[Floats, Floats, Floats]:
    counts, confidences, hits = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, BINS), -2, 0)
    return counts, confidences, hits
