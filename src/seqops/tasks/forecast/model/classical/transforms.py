"""Transforms of a series that stabilize its variance, and their inverses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster, any_history


def positive(past: Floats) -> bool:
    """Return whether every value is above 0."""
    return bool((past > 0).all())


def non_negative(past: Floats) -> bool:
    """Return whether no value is below 0."""
    return bool((past >= 0).all())


def _square(x: Floats) -> Floats:
    # a forecast of a root below 0 is the smallest value that has a root
    return np.square(np.maximum(x, 0.0))


@dataclass(frozen=True)
class Transform:
    """A monotone transform (Box and Cox 1964); its inverse maps the median of a forecast to the median."""

    name: str
    forward: Callable[[Floats], Floats]
    backward: Callable[[Floats], Floats]
    admits: Callable[[Floats], bool]

    def candidate(self, settings: str, fit: Callable[[Floats, int], Forecaster], min_rows: int) -> Candidate:
        """Return the candidate that is fitted to transformed rows and forecasts untransformed ones."""

        def fit_transformed(past: Floats, horizon: int) -> Forecaster:
            forecaster = fit(self.forward(past), horizon)
            return lambda new: self.backward(forecaster(self.forward(new)))

        described = f"{settings} of {self.name}" if self.name else settings
        return Candidate(described, fit_transformed, min_rows, self.admits)


NONE = Transform("", np.asarray, np.asarray, any_history)
LOGARITHM = Transform("logarithms", np.log, np.exp, positive)
ROOT = Transform("square roots", np.sqrt, _square, non_negative)
TRANSFORMS = (NONE, LOGARITHM, ROOT)
