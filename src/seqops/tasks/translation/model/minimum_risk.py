"""Minimum Bayes risk: of several hypotheses, the one that is on average most like all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics.chrf import CHRF

Floats = npt.NDArray[np.float64]


def gains(hypotheses: Sequence[str]) -> Floats:
    """Return the chrF of each of n hypotheses, if each of them were the reference: (n, n) (Popovic 2015)."""
    chrf = CHRF()
    return np.array(
        [[chrf.sentence_score(ours, [other]).score for other in hypotheses] for ours in hypotheses]
    )


def normalised(log_probabilities: npt.NDArray[np.floating]) -> Floats:
    """Return the probabilities of a model, normalised over the hypotheses: (n,)."""
    weights = np.exp(log_probabilities.astype(np.float64) - log_probabilities.max())
    probabilities: Floats = weights / weights.sum()
    return probabilities


def ranked(hypotheses: Sequence[str], log_probabilities: npt.NDArray[np.floating]) -> list[int]:
    """Return the places of n hypotheses, that with the highest expected chrF first.

    The probabilities say how likely each is the reference (Kumar and Byrne 2004, section 2).
    """
    expected = gains(hypotheses) @ normalised(log_probabilities)
    order: list[int] = np.argsort(-expected, kind="stable").tolist()
    return order
