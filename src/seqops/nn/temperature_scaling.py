"""How sure a model may be, learnt from rows that it was not fitted to."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

COLDEST, HOTTEST = 0.2, 10.0
CLOSE = 1e-4
"""Of the logarithm: surprise is flat where it is least."""


def temperature(cross_entropy: Callable[[float], float]) -> float:
    """Return what to divide logits by to be least surprised (Guo et al. 2017, section 4.2).

    cross_entropy: the mean cross-entropy of held-out rows at a temperature.
    """
    from scipy.optimize import minimize_scalar

    bounds = (math.log(COLDEST), math.log(HOTTEST))
    found = minimize_scalar(
        lambda x: cross_entropy(math.exp(x)), bounds=bounds, method="bounded", options={"xatol": CLOSE}
    )
    return math.exp(found.x)


def fit_temperature(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return the temperature of logits (n, K) at which they are least surprised by the truth (n,)."""

    def surprise(heat: float) -> float:
        return float(-log_softmax(logits / heat)[np.arange(len(truth)), truth].mean())

    return temperature(surprise)


def log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return log probabilities (n, K)."""
    shifted = logits - logits.max(1, keepdims=True)
    normal: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normal
