"""Scales on which scores are close to symmetric: log for positive scores, logit for bounded ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Map = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Transform:
    """A scale of scores: forward to it, the slope of that, and back to scores."""

    forward: Map
    slope: Map
    back: Map


IDENTITY = Transform(lambda x: x, np.ones_like, lambda x: x)
LOG = Transform(np.log, lambda x: 1 / x, np.exp)


def logit(low: float, high: float) -> Transform:
    """Return the logit of scores between two limits."""
    width = high - low
    return Transform(
        lambda x: special.logit((x - low) / width),
        lambda x: width / ((x - low) * (high - x)),
        lambda x: low + width * special.expit(x),
    )


def transform_of(limits: tuple[float, float] | None, value: float) -> Transform:
    """Return the scale for scores between limits; a value on a limit, or no limits, has none."""
    if limits is None or not limits[0] < value < limits[1]:
        return IDENTITY
    if np.isfinite(limits).all():
        return logit(*limits)
    return LOG if limits == (0.0, np.inf) else IDENTITY
