"""Logarithm and scaling of a series, learnt from training rows and inverted on forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqops.core.interfaces import Meta
from seqops.core.ragged import Array

Scaling = Literal["standard", "minmax", "none", "window"]


def fit_scales(training: Array, values: int, scaling: Scaling, log: bool) -> Meta:
    """Learn the scales of the training rows (T, V + C) of all series."""
    targets, covariates = training[:, :values], training[:, values:]
    return {
        "scaling": scaling,
        "scale": {
            "values": Scale.fit(targets, scaling, log).to_meta(),
            "covariates": Scale.fit(covariates, scaling, False).to_meta(),
        },
    }


def naive_error(past: Array, season: int) -> Array:
    """Return the mean absolute error of the seasonal naive forecast of one series (T, V).

    (V,), by which the MASE is scaled; 1 for a column that never changes from one season to the next, or is
    known for one season only.
    """
    changes = np.abs(past[season:] - past[:-season])
    known = np.isfinite(changes).sum(axis=0)
    error = np.nansum(changes, axis=0) / np.maximum(known, 1)
    return np.asarray(np.where(error > 0, error, 1.0), np.float64)


@dataclass(frozen=True)
class Scale:
    """x = (log y - centre) / width, per column; without the logarithm if `log` is false."""

    log: bool
    centre: tuple[float, ...]
    width: tuple[float, ...]

    @classmethod
    def fit(cls, training: Array, scaling: Scaling, log: bool) -> Scale:
        """Learn from the known values of training rows (T, D); a constant column gets the width 1."""
        x = np.log(training) if log else training
        if scaling == "standard":
            centre, width = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
        elif scaling == "minmax":
            centre, width = np.nanmin(x, axis=0), np.nanmax(x, axis=0) - np.nanmin(x, axis=0)
        else:
            centre, width = np.zeros(x.shape[1]), np.ones(x.shape[1])
        return cls(log, tuple(centre.tolist()), tuple(np.where(width > 0, width, 1.0).tolist()))

    @classmethod
    def from_meta(cls, meta: Meta, columns: str) -> Scale:
        """Read what `to_meta` returned for `values` or `covariates`."""
        part = meta["scale"][columns]
        return cls(part["log"], tuple(part["centre"]), tuple(part["width"]))

    def to_meta(self) -> Meta:
        """Return the scale as plain JSON."""
        return {"log": self.log, "centre": list(self.centre), "width": list(self.width)}

    def forward(self, y: Array) -> Array:
        """Scale (..., D); NaN stays NaN."""
        x = np.log(y) if self.log else np.asarray(y)
        scaled: Array = (x - np.asarray(self.centre)) / np.asarray(self.width)
        return scaled

    def backward(self, x: Array) -> Array:
        """Invert `forward`."""
        y = x * np.asarray(self.width) + np.asarray(self.centre)
        unscaled: Array = np.exp(y) if self.log else y
        return unscaled
