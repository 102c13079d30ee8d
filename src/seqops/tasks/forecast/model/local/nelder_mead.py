"""The simplex search of Nelder and Mead (1965), of many functions at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Loss = Callable[[Floats, Integers], Floats]
"""Points (m, k), and the function of each (m,), ascending, to values (m,); an invalid one is not finite."""

TOLERANCE = 1e-5
"""Difference between the values of a simplex at which its search ends."""
STEPS_PER_DIMENSION = 100


@dataclass
class _Search:
    """The simplices of the functions that are still searched.

    functions: (m,); points: (m, k + 1, k) and values: (m, k + 1), the best first.
    """

    loss: Loss
    functions: Integers
    points: Floats
    values: Floats

    def sort(self) -> None:
        order = np.argsort(self.values, axis=1, kind="stable")
        self.values = np.take_along_axis(self.values, order, axis=1)
        self.points = np.take_along_axis(self.points, order[..., None], axis=1)

    def at(self, points: Floats, rows: npt.NDArray[np.bool_]) -> Floats:
        """Return the values at points (m, k) of the rows of a mask, infinity elsewhere: (m,)."""
        values = np.full(len(points), np.inf)
        if rows.any():
            values[rows] = _finite(self.loss(points[rows], self.functions[rows]))
        return values

    def step(self) -> None:
        """Replace the worst point of each simplex, or shrink the simplex."""
        best, second_worst, worst = self.values[:, 0], self.values[:, -2], self.values[:, -1]
        centre = self.points[:, :-1].mean(axis=1)
        away = centre - self.points[:, -1]
        reflected = centre + away
        value = self.at(reflected, np.ones(len(centre), np.bool_))
        expand, inside = value < best, value >= worst
        factor = np.where(expand, 2.0, np.where(inside, -0.5, 0.5))
        other = centre + factor[:, None] * away
        tried = expand | (value >= second_worst)
        other_value = self.at(other, tried)
        better = tried & (other_value < np.where(inside, worst, value))
        shrink = tried & ~expand & ~better
        kept = np.where(better[:, None], other, reflected)
        kept_value = np.where(better, other_value, value)
        self.points[~shrink, -1], self.values[~shrink, -1] = kept[~shrink], kept_value[~shrink]
        if shrink.any():
            self._shrink(shrink)

    def _shrink(self, rows: npt.NDArray[np.bool_]) -> None:
        for corner in range(1, self.points.shape[1]):
            self.points[rows, corner] = (self.points[rows, 0] + self.points[rows, corner]) / 2
            self.values[rows, corner] = self.at(self.points[:, corner], rows)[rows]

    def take(self, rows: npt.NDArray[np.bool_]) -> None:
        self.functions, self.points, self.values = self.functions[rows], self.points[rows], self.values[rows]


def minimize(loss: Loss, start: Floats, step: float = 1.0) -> tuple[Floats, Floats]:
    """Minimize n functions from their starts (n, k); return the points (n, k) and the values there (n,).

    The value is infinite where the loss is finite nowhere on the way. What is found for a function does not
    depend on the others.
    """
    n, k = start.shape
    everything = np.arange(n, dtype=np.int64)
    if k == 0:
        return start, _finite(loss(start, everything))
    points = np.repeat(start[:, None], k + 1, axis=1)
    points[:, np.arange(1, k + 1), np.arange(k)] += step
    values = np.stack([_finite(loss(points[:, i], everything)) for i in range(k + 1)], axis=1)
    search = _Search(loss, everything, points, values)
    found, lowest = start.copy(), np.full(n, np.inf)
    for _ in range(STEPS_PER_DIMENSION * k):
        search.sort()
        found[search.functions], lowest[search.functions] = search.points[:, 0], search.values[:, 0]
        # false where every value is infinite: there is nothing to search
        active = search.values[:, -1] > search.values[:, 0] + TOLERANCE
        if not active.all():
            search.take(active)
        if not len(search.functions):
            break
        search.step()
    return found, lowest


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.inf)
