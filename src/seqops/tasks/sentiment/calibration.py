"""How sure a classifier may be, learnt from rows that it was not fitted to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COLDEST, HOTTEST = 0.2, 10.0


def temperature(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return what to divide logits (n, K) by, to be least surprised (Guo et al. 2017, section 4.2)."""
    from scipy.optimize import minimize_scalar

    def surprise(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature))
        return float(-scaled[np.arange(len(truth)), truth].mean())

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded").x))


def log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return log probabilities (n, K)."""
    shifted = logits - logits.max(1, keepdims=True)
    normal: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normal
