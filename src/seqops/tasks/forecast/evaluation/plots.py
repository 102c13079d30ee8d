"""Forecasts as text and plots."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Plot
from seqops.metrics.forecasting import unflatten
from seqops.metrics.quantile_forecasts import INTERVALS, LEVELS, column, pinball

Floats = npt.NDArray[np.float64]
SHOWN = 12
"""Values shown of each example."""


def examples(predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
    """Format the end of the history, the truth and the forecast of the first value column."""
    mean = unflatten(predicted["mean"], truth.plain("targets").shape)
    return rows(truth, meta).assign(predicted=[_text(row[:SHOWN, 0]) for row in mean])


def rows(split: Split, meta: Meta) -> pd.DataFrame:
    """Format the end of the history and the truth of the first value column."""
    targets, history = split.stacked("targets"), split.ragged("history")
    named = {"series": split.ragged("name").texts()} if "name" in split.columns else {}
    return pd.DataFrame(
        {
            **(named if meta["unit"] == "series" else {}),
            "origin": [str(origin) for origin in split.plain("origin")],
            "input": ["... " + _text(history[i][-SHOWN:, 0]) for i in range(len(split))],
            "truth": [_text(row[:SHOWN, 0]) for row in targets],
        }
    )


def _text(values: Floats) -> str:
    return " ".join("-" if np.isnan(value) else f"{value:.5g}" for value in values)


def plots(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Plot]:
    """Plot the long forecast with its 95 % band; of the backtest, the error by step and the calibration."""
    targets = np.asarray(truth.plain("targets"), np.float64)
    mean = unflatten(predicted["mean"], targets.shape)
    found = [_error_by_step(targets, mean, truth, meta)]
    if column(0.5) in predicted:
        found.append(_calibration(quantile_table(predicted, truth, meta)))
    shown = np.flatnonzero(truth.plain("long")).tolist()
    name = str(meta["values"][0])
    if meta["unit"] == "series":
        shown = [_typical(targets, mean, truth)]
        name = f"{name} of {truth.ragged('name').texts()[shown[0]]}, a series with a typical error"
    for row in shown:
        cells = {str(n): unflatten(predicted[n], targets.shape)[row, :, 0] for n in predicted.columns}
        found.insert(0, _long_forecast(targets[row, :, 0], cells, name))
    return found


def _typical(targets: Floats, mean: Floats, truth: Split) -> int:
    """Return the row whose mean scaled error is the median of those with a whole forecast."""
    errors = np.abs(targets - mean).mean(axis=(1, 2)) / truth.plain("scale").mean(axis=1)
    ranked = np.argsort(np.nan_to_num(errors, nan=np.inf), kind="stable")
    return int(ranked[np.isfinite(errors).sum() // 2])


def _long_forecast(truth: Floats, cells: dict[str, Floats], name: str) -> Plot:
    table = pd.DataFrame({"step": np.arange(1, len(truth) + 1), "truth": truth, "forecast": cells["mean"]})
    band = None
    low, high = map(column, INTERVALS["95"])
    if low in cells:
        table = table.assign(low95=cells[low], high95=cells[high])
        band = ("low95", "high95")
    title = f"{name}: one forecast of {len(truth)} steps, 95 % interval"
    return Plot("long_forecast", title, "line", table, "step", ["truth", "forecast"], band)


def _error_by_step(targets: Floats, mean: Floats, truth: Split, meta: Meta) -> Plot:
    steps = meta["backtest_horizon"]
    errors = np.abs(targets - mean)[:, :steps]
    name, title = "mae", "mean absolute error of the backtest by step"
    if meta["unit"] == "series":
        errors /= truth.plain("scale")[:, None]
        name, title = "mase", "MASE of the backtest by step"
    # every step has a known target: the first origin knows all of them
    table = pd.DataFrame({"step": np.arange(1, steps + 1), name: np.nanmean(errors, axis=(0, 2))})
    return Plot("error_by_step", title, "bar", table, "step", [name])


def quantile_table(predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
    """Return the share of the backtest's truths below each quantile, and its mean pinball loss.

    The share of a calibrated forecast is the level.
    """
    steps = meta["backtest_horizon"]
    targets = np.asarray(truth.plain("targets"), np.float64)
    shown = targets[:, :steps]
    rows = []
    for level in LEVELS:
        quantile = unflatten(predicted[column(level)], targets.shape)[:, :steps]
        known = np.isfinite(shown + quantile)
        loss = pinball(shown, quantile, level)[known]
        rows.append((level, float((shown <= quantile)[known].mean()), float(loss.mean())))
    return pd.DataFrame(rows, columns=["level", "share below", "pinball loss"])


def _calibration(table: pd.DataFrame) -> Plot:
    table = table.rename(columns={"share below": "measured"}).assign(nominal=table["level"])
    title = "share of the backtest's values below each quantile (calibrated: nominal)"
    return Plot("calibration", title, "line", table, "level", ["measured", "nominal"])
