"""Corrections that make learnt quantiles hold: conformalised quantile regression."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from seqops.metrics.quantile_forecasts import LEVELS

Floats = npt.NDArray[np.float64]


class QuantileCalibration(keras.layers.Layer):
    """Turns scaled quantiles into those of the series, and adds the saved correction of each step and level.

    Corrections are in units of the size of the window, so that they transfer between series.
    """

    def build(self, shape: tuple[int, ...]) -> None:
        """Start without corrections (H, V, Q)."""
        _, steps, _, values, levels = shape
        self.corrections = self.add_weight(
            shape=(steps, values, levels), initializer="zeros", trainable=False, name="corrections"
        )

    def call(self, scaled: Any, level: Any, size: Any) -> Any:
        """Return the quantiles (B, H, M, V, Q) of windows of that level and size (B, V)."""
        corrected = scaled + self.corrections[None, :, None]
        return level[:, None, None, :, None] + size[:, None, None, :, None] * corrected


def corrections(truth: Floats, quantiles: Floats) -> Floats:
    """Return what is to be added to the quantiles of each step: (H, V, Q), 0 for the median.

    truth: (n, H, V), NaN where unknown; quantiles: (n, H, V, Q); both scaled. Each end is corrected by
    itself (Romano et al. 2019, "Conformalized Quantile Regression", theorem 2): a lower quantile of level a
    by the error of rank (n + 1) a, rounded down, an upper one by that rounded up, and at most by the
    outermost error. A step without a known truth has the corrections of the step before it.
    """
    _, steps, values, levels = quantiles.shape
    found = np.zeros((steps, values, levels))
    for step in range(steps):
        for value in range(values):
            known = np.isfinite(truth[:, step, value])
            if known.any():
                found[step, value] = _corrections(truth[known, step, value], quantiles[known, step, value])
            else:
                found[step, value] = found[max(step - 1, 0), value]
    return found


def _corrections(truth: Floats, quantiles: Floats) -> Floats:
    """Correct quantiles (n, Q) from the median outwards, so that they hold after `outwards`.

    A truth on the other side of the quantile before counts as one that no correction reaches: `outwards` will
    not let this one cross that one.
    """
    found, middle = np.zeros(len(LEVELS)), LEVELS.index(0.5)
    for side in (range(middle - 1, -1, -1), range(middle + 1, len(LEVELS))):
        outermost, end = (np.minimum, np.inf) if side.step < 0 else (np.maximum, -np.inf)
        inner = quantiles[:, middle]
        for q in side:
            errors = truth - quantiles[:, q]
            reached = outermost(truth, inner) == truth
            rank_error = _at_rank(np.where(reached, errors, end), LEVELS[q])
            found[q] = np.clip(rank_error, errors.min(), errors.max())
            inner = outermost(inner, quantiles[:, q] + found[q])
    return found


def _at_rank(errors: Floats, level: float) -> float:
    place = (len(errors) + 1) * level
    # a product such as 9.000000000000002 is meant to be 9
    rank = int(np.floor(place + 1e-9) if level < 0.5 else np.ceil(place - 1e-9))
    return float(np.sort(errors)[min(max(rank, 1), len(errors)) - 1])


def outwards(quantiles: Floats) -> Floats:
    """Move quantiles (..., Q) that cross after the correction away from the median, which stays."""
    middle = LEVELS.index(0.5)
    below = np.minimum.accumulate(quantiles[..., middle::-1], axis=-1)[..., ::-1]
    above = np.maximum.accumulate(quantiles[..., middle:], axis=-1)
    return np.concatenate([below, above[..., 1:]], axis=-1)
