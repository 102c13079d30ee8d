"""Normalisation of each window by its own level and size, so that one network serves many series."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

SMALLEST = 0.02
"""Added to the size of a window: a change of 2 %, so that a constant series has a size as well."""


class ScaledWindow(NamedTuple):
    """A window in units of its size around its level; 0 where a value is unknown.

    values: (B, W, V); changes: (B, W, V), from one season before; known: (B, W, V), 1 or 0; level, size:
    (B, V), of the logarithm if the layer takes it.
    """

    values: Any
    changes: Any
    known: Any
    level: Any
    size: Any


class WindowScaling(keras.layers.Layer):
    """Divides what a window is above its level by the mean size of its changes from season to season.

    The level is the mean of the last `season` known values. Nothing of it is learnt, and a series that is
    multiplied by a constant has the same scaled window.
    """

    def __init__(self, season: int, log: bool, name: str) -> None:
        super().__init__(name=name)
        self.season, self.log = season, log

    def call(self, y: Any) -> ScaledWindow:
        """Scale windows (B, W, V) whose unknown values are NaN."""
        is_known = ops.isfinite(y)
        x = ops.where(is_known, y, 1.0 if self.log else 0.0)
        x = ops.log(x) if self.log else x
        known = ops.cast(is_known, x.dtype)
        level = self._level(x, known)
        pairs, changes = self._changes(x, known)
        size = _mean(ops.abs(changes), pairs) + SMALLEST * (1.0 if self.log else _mean(ops.abs(x), known))
        size = ops.where(size > 0, size, 1.0)
        scaled = (x - level[:, None]) / size[:, None] * known
        return ScaledWindow(scaled, changes / size[:, None], known, level, size)

    def _level(self, x: Any, known: Any) -> Any:
        since = ops.flip(ops.cumsum(ops.flip(known, axis=1), axis=1), axis=1)
        return _mean(x, known * ops.cast(since <= self.season, x.dtype))

    def _changes(self, x: Any, known: Any) -> tuple[Any, Any]:
        """Return which steps are known along with the one a season before, and their differences."""
        m = min(self.season, x.shape[1])
        first = ((0, 0), (m, 0), (0, 0))
        pairs = ops.pad(known[:, m:] * known[:, : x.shape[1] - m], first)
        return pairs, ops.pad(x[:, m:] - x[:, : x.shape[1] - m], first) * pairs


def _mean(x: Any, weights: Any) -> Any:
    """Average over the steps: (B, W, V) -> (B, V); 0 without any weight."""
    return ops.sum(x * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)
