"""How sure a classifier may be: the temperature of its softmax, set by rows that it did not learn from."""

from __future__ import annotations

import math
from collections.abc import Callable

COLDEST, HOTTEST = 0.2, 10.0
CLOSE = 1e-4
"""Of the logarithm: surprise is flat where it is least."""


def temperature(surprise: Callable[[float], float]) -> float:
    """Return what to divide logits by to be least surprised (Guo et al. 2017, section 4.2).

    surprise: the mean cross-entropy of held-out rows at a temperature.
    """
    from scipy.optimize import minimize_scalar

    bounds = (math.log(COLDEST), math.log(HOTTEST))
    found = minimize_scalar(
        lambda x: surprise(math.exp(x)), bounds=bounds, method="bounded", options={"xatol": CLOSE}
    )
    return math.exp(found.x)
