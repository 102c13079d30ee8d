"""Forecast metrics over (origin, step): MASE, sMAPE, MAPE, RMSE, MAE, and those of intervals and quantiles.

Definitions: Hyndman and Koehler 2006, "Another look at measures of forecast accuracy"; sMAPE of the
M3 competition (Makridakis and Hibon 2000); MSIS of the M4 competition; WQL, the weighted quantile loss, of
GluonTS (Alexandrov et al. 2020): twice the mean pinball loss over nine levels by the sum of |y|. Unknown
targets are NaN and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Array, Split
from seqops.core.score import PERCENT, POSITIVE, Score, Units
from seqops.metrics.quantile_forecasts import (
    DECILES,
    INTERVALS,
    column,
    inside,
    interval_loss,
    pinball,
    width,
)
from seqops.metrics.ratio import ratio

Floats = npt.NDArray[np.float64]
Value = Callable[[Floats], Floats]
SYMMETRIC = (0.0, 200.0)
"""Limits of the sMAPE, in percent."""
NEIGHBOURS = 2
"""Consecutive origins that count as dependent, at least: neighbours err alike, overlapping or not."""


def percent(sums: Floats) -> Floats:
    """Return the ratio in percent."""
    return 100.0 * ratio(sums)


def root(sums: Floats) -> Floats:
    """Return the square root of the ratio."""
    return np.sqrt(ratio(sums))


def absolute(truth: Floats, forecast: Floats) -> Floats:
    """|y - f|, for the MAE and, divided by the scale of the series, the MASE."""
    return np.abs(truth - forecast)


def squared(truth: Floats, forecast: Floats) -> Floats:
    """(y - f)^2, for the RMSE."""
    return np.square(truth - forecast)


def relative(truth: Floats, forecast: Floats) -> Floats:
    """|y - f| / |y|, for the MAPE; a truth of 0 gives NaN and is ignored."""
    size = np.where(truth == 0, np.nan, np.abs(truth))
    return np.abs(truth - forecast) / size


def symmetric(truth: Floats, forecast: Floats) -> Floats:
    """2 |y - f| / (|y| + |f|), for the sMAPE; 0 if both are 0."""
    size = np.abs(truth) + np.abs(forecast)
    return 2 * np.abs(truth - forecast) / np.where(size == 0, 1.0, size)


def counted(losses: Floats, examples: int) -> Floats:
    """Sum losses over all axes but the first and count the known ones: (examples, 2)."""
    flat = losses.reshape(examples, -1)
    return np.stack([np.nansum(flat, axis=1), np.isfinite(flat).sum(axis=1)], axis=1).astype(np.float64)


@dataclass(frozen=True)
class Scope:
    """The part of the forecasts that a family of scores covers: (n, steps, V) or (n, V).

    units: of resampling, of each row; scale: of the MASE, as the truth's (n, 1, V) or (V,).
    """

    prefix: str
    truth: Floats
    forecasts: dict[str, Floats]
    units: Units
    signature: str
    scaled_by: str
    scale: Floats

    def scores(self) -> Iterator[Score]:
        """Yield every score of this scope."""
        mean = self.forecasts["mean"]
        yield self._score("mase", absolute(self.truth, mean) / self.scale, ratio, scaled_by=self.scaled_by)
        yield self._score("mape", relative(self.truth, mean), percent)
        yield self._score("smape", symmetric(self.truth, mean), percent, limits=SYMMETRIC)
        yield self._score("rmse", squared(self.truth, mean), root)
        yield self._score("mae", absolute(self.truth, mean), ratio)
        if column(0.5) in self.forecasts:
            yield from self._interval_scores()

    def _interval_scores(self) -> Iterator[Score]:
        for nominal, levels in INTERVALS.items():
            low, high = (self.forecasts[column(level)] for level in levels)
            yield self._coverage(nominal, inside(self.truth, low, high))
            yield self._score(f"width{nominal}", width(self.truth, low, high), ratio)
        # of the last interval, that of 95 %
        loss = interval_loss(self.truth, low, high, 0.05) / self.scale
        yield self._score("msis", loss, ratio, scaled_by=self.scaled_by)
        losses = [pinball(self.truth, self.forecasts[column(level)], level) for level in DECILES]
        loss = 2 * np.mean(losses, axis=0)
        size = np.where(np.isfinite(loss), np.abs(self.truth), np.nan)
        sums = np.stack([counted(part, len(part))[:, 0] for part in (loss, size)], axis=1)
        yield self._of_sums("wql", sums, ratio)

    def _coverage(self, nominal: str, covered: Floats) -> Score:
        score = self._score(f"coverage{nominal}", covered, percent, higher_is_better=True, limits=PERCENT)
        return replace(score, nominal=float(nominal))

    def _score(self, name: str, losses: Floats, value: Value, scaled_by: str = "", **changes: Any) -> Score:
        return replace(self._of_sums(name, counted(losses, len(losses)), value, scaled_by), **changes)

    def _of_sums(self, name: str, sums: Floats, value: Value, scaled_by: str = "") -> Score:
        signature = f"{name}|{self.signature}{scaled_by}"
        units = self.units.block, self.units.groups, self.units.unit
        return Score(self.prefix + name, sums, value, False, signature, *units, POSITIVE)


def forecast_scores(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Score]:
    """Score the rolling backtest, one row per origin, then the long forecast, one row per step.

    predicted: columns `mean` and, if there are intervals, those of the quantiles; each cell a flat array
    (H x V,). MASE and MSIS are scaled by the in-sample error of the seasonal naive, the truth's `scale`.
    """
    targets = np.asarray(truth.plain("targets"), np.float64)
    forecasts = {str(name): unflatten(predicted[name], targets.shape) for name in predicted.columns}
    return [score for scope in _scopes(targets, forecasts, truth, meta) for score in scope.scores()]


def unflatten(cells: pd.Series, shape: Sequence[int]) -> Floats:
    """Stack flat cells to (n, H, V)."""
    return np.stack([np.asarray(cell, np.float64) for cell in cells]).reshape(shape)


def _scopes(targets: Floats, forecasts: dict[str, Floats], truth: Split, meta: Meta) -> Iterator[Scope]:
    steps, origins = meta["backtest_horizon"], meta["origins"]
    scale, scaled_by = np.asarray(truth.plain("scale"), np.float64), _mase_scale(truth, meta)
    units = backtest_units(truth, meta)
    independent = "series" if units.unit == "series" else "origins"
    where = (
        f"origins:{origins['first']}-{origins['last']}|n:{len(targets)}|horizon:{steps}|past the end:left out"
        f"|independent {independent}:{len(set(np.asarray(units.groups).tolist())) // units.block}"
    )
    short = {name: values[:, :steps] for name, values in forecasts.items()}
    season = f"|season:{meta['season']}"
    yield Scope("backtest_", targets[:, :steps], short, units, where + season, scaled_by, scale[:, None])
    long = np.flatnonzero(truth.plain("long"))
    if len(long):
        row: Array = long[0]
        where = f"origin:{int(truth.plain('origin')[row])}|horizon:{meta['horizon']}"
        whole = {name: values[row] for name, values in forecasts.items()}
        # the errors of all steps share one origin, so that they are a single draw
        one = Units(np.zeros(len(targets[row]), np.int64), 1, "origin")
        yield Scope("", targets[row], whole, one, where + season, scaled_by, scale[row])


def backtest_units(truth: Split, meta: Meta) -> Units:
    """Return the units of the backtest: the series of a panel, else the origins, in order."""
    if meta["unit"] == "series":
        return Units(np.asarray(truth.plain("series"), np.int64), 1, "series")
    origins = np.asarray(truth.plain("origin"), np.int64)
    return Units(origins, max(NEIGHBOURS, overlapping(origins, meta["backtest_horizon"])), "origin")


def overlapping(origins: npt.NDArray[np.int64], steps: int) -> int:
    """Return the number of consecutive origins whose forecasts of `steps` steps share targets; origins: (n,).

    Series of one table have their origins at the same positions, so that these are one unit.
    """
    gaps = np.diff(np.unique(origins))
    return 1 if not len(gaps) else max(1, -(-steps // int(gaps.min())))


def _mase_scale(truth: Split, meta: Meta) -> str:
    """Name the scale of the MASE and its rows, and the scale that others use: all rows before the test."""
    if meta["unit"] == "series":
        return "|scale:of each series (its rows before the test)"
    scales: Floats = truth.plain("scale")[0]
    past = truth.ragged("history")[0][:, : len(scales)]
    text = f"|scale:{_listed(scales)} (training rows {meta.get('mase_span', '')}".rstrip()
    season = meta["season"]
    if len(past) > season:
        before = np.abs(past[season:] - past[:-season]).mean(axis=0)
        text += f"; {_listed(before)} by the {len(past)} rows before the first test origin"
    return text + ")"


def _listed(scales: Sequence[float] | Floats) -> str:
    return ", ".join(f"{scale:.4g}" for scale in scales)
