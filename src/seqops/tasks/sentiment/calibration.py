"""How sure the classifier may be, learnt from rows that it was not fitted to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seqops.blocks.calibration import temperature


def least_surprised(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return the temperature of logits (n, K) at which they are least surprised by the truth (n,)."""

    def surprise(heat: float) -> float:
        return float(-log_softmax(logits / heat)[np.arange(len(truth)), truth].mean())

    return temperature(surprise)


def log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return log probabilities (n, K)."""
    shifted = logits - logits.max(1, keepdims=True)
    normal: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normal
