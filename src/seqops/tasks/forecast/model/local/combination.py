"""The mean of the forecasts of several methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seqops.tasks.forecast.model.local.panel import Floats, LocalForecast


def average(forecasts: Sequence[LocalForecast]) -> LocalForecast:
    """Average forecasts, and their quantiles level by level, of the methods that have one for a series.

    A mean of good methods is hard to beat: second in the M4 competition was one of four (Petropoulos and
    Svetunkov 2020, who take the median).
    """
    whole = np.stack([found.is_whole for found in forecasts])
    return LocalForecast(
        _mean([found.mean for found in forecasts], whole),
        _mean([found.quantiles for found in forecasts], whole),
    )


def _mean(paths: Sequence[Floats], whole: npt.NDArray[np.bool_]) -> Floats:
    """Average paths (n, H, ...) where a mask (methods, n) says so; NaN for a series without any."""
    found = np.stack(paths)
    mask = whole.reshape(*whole.shape, *[1] * (found.ndim - 2))
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(mask, found, 0.0).sum(axis=0) / mask.sum(axis=0)
    return mean
