"""Temperature scaling: calibration of logits on held-out rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.2, 10.0
TOLERANCE = 1e-4
"""Of the logarithm of the temperature: the cross-entropy is flat around its minimum."""


def temperature(cross_entropy: Callable[[float], float]) -> float:
    """Return the temperature with the lowest cross-entropy (Guo et al. 2017, section 4.2).

    cross_entropy: the mean cross-entropy of held-out rows as a function of the temperature.
    """
    from scipy.optimize import minimize_scalar

    bounds = (math.log(MIN_TEMPERATURE), math.log(MAX_TEMPERATURE))
    found = minimize_scalar(
        lambda x: cross_entropy(math.exp(x)), bounds=bounds, method="bounded", options={"xatol": TOLERANCE}
    )
    return math.exp(found.x)


def fit_temperature(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return the temperature of logits (n, K) with the lowest cross-entropy of the truth (n,)."""

    def cross_entropy(value: float) -> float:
        return float(-log_softmax(logits / value)[np.arange(len(truth)), truth].mean())

    return temperature(cross_entropy)


def log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return log probabilities (n, K)."""
    shifted = logits - logits.max(1, keepdims=True)
    log_probabilities: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return log_probabilities
