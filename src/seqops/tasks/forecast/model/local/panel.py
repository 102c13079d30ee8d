"""Many histories, and their forecasts with quantiles."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from seqops.metrics.quantile_forecasts import LEVELS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SETTINGS = 3
"""Models that are named, of all that series chose."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Histories that end together, the longest first, so that those known at a time are the first ones.

    values: (T, n), NaN before the first row of each; start: (n,) its first row, ascending. Panels of equal
    contents are equal.
    """

    values: Floats
    start: Integers
    season: int
    horizon: int

    @classmethod
    def of(cls, histories: Sequence[Floats], season: int, horizon: int) -> tuple[Panel, Integers]:
        """Align histories (T_i,) without gaps; return their panel and the place of each column in them."""
        lengths = np.array([len(history) for history in histories])
        order = np.argsort(-lengths, kind="stable")
        values = np.full((lengths.max(), len(histories)), np.nan)
        for column, row in enumerate(order):
            values[len(values) - lengths[row] :, column] = histories[row]
        return cls(values, np.asarray(len(values) - lengths[order], np.int64), season, horizon), order

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the histories."""
        return hashlib.sha256(self.start.tobytes() + self.values.tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Compare all that forecasts depend on."""
        return isinstance(other, Panel) and self._contents == other._contents

    def __hash__(self) -> int:
        """Return a hash of the same."""
        return hash(self._contents)

    @property
    def _contents(self) -> tuple[object, ...]:
        return self.digest, self.values.shape, self.season, self.horizon

    @property
    def lengths(self) -> Integers:
        """Return the rows of each history: (n,)."""
        return len(self.values) - self.start

    def take(self, columns: npt.NDArray[np.bool_]) -> Panel:
        """Return the histories that a mask (n,) selects."""
        return Panel(self.values[:, columns], self.start[columns], self.season, self.horizon)

    def replaced(self, values: Floats) -> Panel:
        """Return other values (T, n) of the same rows."""
        return Panel(values, self.start, self.season, self.horizon)

    def histories(self) -> Iterator[Floats]:
        """Yield each history (T_i,)."""
        for column, start in enumerate(self.start):
            yield self.values[start:, column]


@dataclass(frozen=True)
class LocalForecast:
    """Forecasts of n series; NaN for a series that a method could not be fitted to.

    mean: (n, H); quantiles: (n, H, levels of `quantile_forecasts.LEVELS`); settings: those chosen, in words.
    """

    mean: Floats
    quantiles: Floats
    settings: str = ""

    @classmethod
    def empty(cls, n: int, horizon: int) -> LocalForecast:
        """Return no forecast of any series."""
        return cls(np.full((n, horizon), np.nan), np.full((n, horizon, len(LEVELS)), np.nan))

    @classmethod
    def gaussian(cls, mean: Floats, deviation: Floats) -> LocalForecast:
        """Return the quantiles of normal distributions; mean, deviation: (n, H)."""
        return cls(mean, mean[..., None] + deviation[..., None] * ndtri(LEVELS))

    def scaled(self, factors: Floats) -> LocalForecast:
        """Multiply by factors (n, H)."""
        return LocalForecast(self.mean * factors, self.quantiles * factors[..., None])

    def take(self, order: Integers) -> LocalForecast:
        """Return the forecasts of some series in an order."""
        return LocalForecast(self.mean[order], self.quantiles[order], self.settings)

    @property
    def is_whole(self) -> npt.NDArray[np.bool_]:
        """Return which series have a forecast of every step: (n,)."""
        return np.asarray(np.isfinite(self.mean).all(axis=1) & np.isfinite(self.quantiles).all(axis=(1, 2)))

    def completed(self, other: LocalForecast) -> tuple[LocalForecast, int]:
        """Replace the series without a forecast of every step by those of another; return their number."""
        whole = self.is_whole
        mean = np.where(whole[:, None], self.mean, other.mean)
        quantiles = np.where(whole[:, None, None], self.quantiles, other.quantiles)
        return LocalForecast(mean, quantiles, self.settings), int((~whole).sum())


def log_of_squares(errors: Floats) -> Floats:
    """Return the logarithm of the sums of squares of errors (T, n), finite where there is no error at all."""
    return np.asarray(np.log(np.maximum((errors**2).sum(axis=0), np.finfo(np.float64).tiny)), np.float64)


def most_common(used: Counter[str]) -> str:
    """Name the models that were chosen most often."""
    return ", ".join(f"{name} {count:,} times" for name, count in used.most_common(SETTINGS))
