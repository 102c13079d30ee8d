"""Minimum Bayes risk: of several hypotheses, the one that is on average most like all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics.chrf import CHRF


def ranked(hypotheses: Sequence[str], log_probabilities: npt.NDArray[np.floating]) -> list[int]:
    """Return the places of n hypotheses, that with the highest expected chrF first.

    The probabilities of the model, normalised over the hypotheses, say how likely each is the reference
    (Kumar and Byrne 2004, section 2); the gain is chrF (Popovic 2015). log_probabilities: (n,).
    """
    chrf = CHRF()
    weights = np.exp(log_probabilities - log_probabilities.max())
    gains = np.array(
        [[chrf.sentence_score(ours, [other]).score for other in hypotheses] for ours in hypotheses]
    )
    order: list[int] = np.argsort(-gains @ weights, kind="stable").tolist()
    return order
