"""Quantile forecasts at rolling origins: calibrated before the first one, updated by the errors since."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Split
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.conformal import PastErrors, half_widths

Floats = npt.NDArray[np.float64]
LOWER = tuple(level for level in LEVELS if level < 0.5)


def calibration(mean: Floats, split: Split, scale: Scale) -> PastErrors:
    """Return the latest errors of forecasts (n, H, V) in scaled units, known after the rows of the split."""
    errors = scale.forward(split.plain("targets")) - mean
    origins = split.plain("origin")
    series = [PastErrors.of_series(errors[rows], origins[rows]) for rows in series_rows(split)]
    sizes, ages = (np.concatenate(parts) for parts in zip(*((s.sizes, s.ages) for s in series), strict=True))
    return PastErrors(sizes, ages).latest()


def with_quantiles(mean: Floats, scale: Scale, saved: PastErrors) -> pd.DataFrame:
    """Return `mean` and the quantiles of every level in the units of the series: flat cells (H x V,).

    mean: (n, H, V) in scaled units. Every row has the calibration of the saved errors.
    """
    return _quantiles(
        mean, np.broadcast_to(_half_widths(saved), (len(mean), len(LOWER), *mean.shape[1:])), scale
    )


def with_rolling_quantiles(mean: Floats, split: Split, scale: Scale, saved: PastErrors) -> pd.DataFrame:
    """Return what `with_quantiles` does, updated at each origin by the errors that are known there.

    The saved errors count as those of the periods just before the first origin of each series.
    """
    errors, origins = scale.forward(split.plain("targets")) - mean, split.plain("origin")
    found = []
    for rows in series_rows(split):
        since = PastErrors.of_series(errors[rows], origins[rows])
        elapsed = [int(origin - origins[rows.start]) for origin in origins[rows]]
        found += [_half_widths(saved.followed_by(since.until(periods), periods)) for periods in elapsed]
    return _quantiles(mean, np.stack(found), scale)


def _half_widths(past: PastErrors) -> Floats:
    """Return half the width of the interval that each lower level is the end of: (levels, H, V)."""
    return half_widths(past, 1 - 2 * np.array(LOWER[::-1]))[::-1]


def _quantiles(mean: Floats, widths: Floats, scale: Scale) -> pd.DataFrame:
    paths = {"mean": mean}
    for level in LEVELS:
        side = min(level, round(1 - level, 3))
        distance = widths[:, LOWER.index(side)] if side < 0.5 else 0.0
        paths[column(level)] = mean + np.sign(level - 0.5) * distance
    return pd.DataFrame({name: cells(scale.backward(path)) for name, path in paths.items()})


def series_rows(split: Split) -> Iterator[slice]:
    """Yield the rows of each series, which follow each other."""
    starts = np.flatnonzero(np.diff(split.plain("series"), prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(split)], strict=True):
        yield slice(int(start), int(end))


def cells(path: Floats) -> list[list[float]]:
    """Flatten (n, H, V) to one cell per row."""
    return [[float(x) for x in row.ravel()] for row in path]
